namespace Faas.LoadTests.Warm;

/// <summary>One scenario of `load-tests/run.sh`: measures it and adds its line to the result file.</summary>
internal static class WarmRun
{
    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var scenario = Scenarios.Find(arguments["scenario"]);
        using var bench = new Bench(arguments);
        Console.Error.WriteLine($"{scenario.Name}: {scenario.Title}");
        var line = await scenario.RunAsync(bench, cancellationToken);
        await File.AppendAllTextAsync(arguments["result"], line.Text() + "\n", cancellationToken);
        return !line.HasFailed;
    }
}
