using Faas.Simulator;

try
{
    var arguments = SimulatorArguments.Parse(args);
    var runs = Lineup.All.Concat(arguments.MemoryGB is null ? [] : Lineup.UnderPressure).ToList();
    if (arguments.Policy is { } name)
    {
        var exact = runs.Where(run => run.Name == name).ToList();
        var chosen = exact.Count > 0 ? exact : runs.Where(run => run.Name.StartsWith(name, StringComparison.Ordinal)).ToList();
        runs = chosen.Count > 0 ? chosen : throw new TraceException($"no policy is called '{name}'; there are: {string.Join("; ", runs.Select(run => run.Name))}");
    }

    var trace = TraceReader.Read(arguments.Folder);
    Console.Error.WriteLine($"{trace.Functions.Count:N0} functions, {trace.Minutes:N0} minutes, {trace.Invocations:N0} invocations, {trace.FirstCalls:N0} first calls");
    var results = runs.AsParallel().AsOrdered()
        .Select(run => Simulation.Run(trace, run, arguments.ActivationMs, arguments.MemoryGB ?? double.PositiveInfinity, arguments.Outward)).ToList();
    var rival = arguments.Resamples > 0 ? results.FirstOrDefault(r => r.Policy == "percentiles") ?? results[0] : null;
    foreach (var line in Report.Table(results).Concat(rival is null ? [] : Report.Spreads(results, rival, arguments.Resamples)))
    {
        Console.Error.WriteLine(line);
    }

    foreach (var result in results)
    {
        Console.Out.WriteLine(Report.Line(result));
    }

    return 0;
}
catch (Exception e) when (e is TraceException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"simulate: {e.Message}");
    return 2;
}
