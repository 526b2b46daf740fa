using System.Runtime.Versioning;
using Faas.LoadTests;

[assembly: SupportedOSPlatform("linux")]

// One verb for each measurement; `--name value` pairs after it. The scripts in load-tests/ say what they mean.
var arguments = Arguments.Parse(args);
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interrupted.Cancel();
};
try
{
    switch (args.FirstOrDefault())
    {
        case "coldstart": await ColdStarts.RunAsync(arguments, interrupted.Token); break;
        case "nostem": await StemlessStarts.RunAsync(arguments, interrupted.Token); break;
        case "report": await ColdStartReport.PrintAsync(arguments, interrupted.Token); break;
        case "crossings": await Crossings.RunAsync(arguments, interrupted.Token); break;
        case "idle": await IdleFunctions.RunAsync(arguments, interrupted.Token); break;
        case "deploy": await WarmFunction.DeployAsync(arguments, interrupted.Token); break;
        case "serve": HelloServer.Run(arguments); break;
        case "ratios": await WarmReport.PrintAsync(arguments, interrupted.Token); break;
        default: throw new ArgumentException("Which measurement? The scripts in load-tests/ run them all.");
    }

    return 0;
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or HttpRequestException or IOException or OperationCanceledException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
