using System.Runtime.Versioning;
using Faas.LoadTests;
using Faas.LoadTests.Brokers;
using Faas.LoadTests.Budgets;
using Faas.LoadTests.Chaos;
using Faas.LoadTests.Direct;
using Faas.LoadTests.Events;
using Faas.LoadTests.Kafka;
using Faas.LoadTests.Ledger;
using Faas.LoadTests.Metering;
using Faas.LoadTests.Scaling;
using Faas.LoadTests.Warm;

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
        case "serve" when arguments.Text("loop") is not null: LoopServer.Run(arguments); break;
        case "serve": HelloServer.Run(arguments); break;
        case "warm": return await WarmRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "many-deploy": await ManyFunctions.DeployAsync(arguments, interrupted.Token); break;
        case "many-copy": await ManyFunctions.CopyAsync(arguments, interrupted.Token); break;
        case "warm-report": await WarmReport.WriteAsync(arguments, interrupted.Token); break;
        case "step": return await Step.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "connections": return await Connections.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "client": return await OwnCost.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "mixed": await Mixed.RunAsync(arguments, interrupted.Token); break;
        case "mixed-report": return await MixedReport.PrintAsync(arguments, interrupted.Token) ? 0 : 1;
        case "rolling": return await Rolling.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "crashes": return await Crashes.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "events": await EventRates.RunAsync(arguments, interrupted.Token); break;
        case "chaos": return await ChaosRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "brokers": return await BrokerRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "month": return await MonthRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "ledger": await LedgerRun.RunAsync(arguments, interrupted.Token); break;
        case "metering": return await MeteringRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "mock-kafka": await MockKafkaRun.RunAsync(arguments, interrupted.Token); break;
        case "budget": return await BudgetRun.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        case "thaw": return await Thaw.RunAsync(arguments, interrupted.Token) ? 0 : 1;
        default: throw new ArgumentException("Which measurement? The scripts in load-tests/ run them all.");
    }

    return 0;
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or HttpRequestException or IOException or OperationCanceledException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
