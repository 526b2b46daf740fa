using System.Text.Json;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>
/// Fifty functions with the rates and rhythms of real ones, on a platform that has just started. Writes what it saw to a file: <see cref="MixedReport"/>
/// compares a run with all of them and one, on another platform, without the busiest.
/// </summary>
internal static class Mixed
{
    /// <summary>Shorter than the bursty ones' minutes of silence, so that they scale to zero and back.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    /// <summary>
    /// All functions are called for the first time at once: until their instances are there, everybody waits for everybody's start, and whose start comes last is chance.
    /// That is reported by itself; functions are compared by what comes after it.
    /// </summary>
    private static readonly TimeSpan LeadIn = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 300));
        var seed = arguments.Number("seed", 1);
        var mix = MixedFunction.Mix(arguments.Number("rate", 150), seed);
        var isWithout = arguments["part"] == "without";
        await DeployAsync(target, mix, cancellationToken);
        await target.IdleAsync(_ => true, cancellationToken);

        var arrivals = mix.Skip(isWithout ? 1 : 0).SelectMany(function => function.Arrivals(duration, seed));
        using var client = new OpenLoopClient(target.Callers, [.. mix.Select(function => function.Name)], arrivals);
        Console.Error.WriteLine($"mixed: {mix.Sum(function => function.Rate):0}/s to {mix.Count} functions{(isWithout ? " without the busiest" : "")} for {duration.TotalSeconds} s");
        var used = new Processors();
        var result = await client.RunAsync(cancellationToken);
        var processors = used.Summary();

        var leadIn = LeadIn < duration / 5 ? LeadIn : duration / 5;
        Verdict.PrintPart(new
        {
            measurement = "mixed",
            part = isWithout ? "without" : "all",
            seconds = duration.TotalSeconds,
            seed,
            load = result.Summary(),
            leadInSeconds = leadIn.TotalSeconds,
            leadInMs = result.Latencies(arrival => arrival.At < leadIn).Summary(),
            afterLeadInMs = result.Latencies(arrival => arrival.At >= leadIn).Summary(),
            processors,
        });
        var rows = mix.Skip(isWithout ? 1 : 0).Select(function => Row(function, result, leadIn)).ToList();
        await File.WriteAllTextAsync(arguments["result"], JsonSerializer.Serialize(rows), cancellationToken);
    }

    private static async Task DeployAsync(Target target, List<MixedFunction> mix, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"deploying {mix.Count} functions");
        foreach (var runtime in Target.HandlerRuntimes)
        {
            var digest = await WorkFunction.UploadAsync(target, runtime, cancellationToken);
            foreach (var function in mix.Where(function => function.Runtime == runtime))
            {
                await target.DeployAsync(function.Spec(digest, KeepAlive), cancellationToken);
            }
        }
    }

    private static MixedRow Row(MixedFunction function, OpenLoopResult result, TimeSpan leadIn)
    {
        var latencies = result.Latencies(arrival => arrival.Request == function.Rank && arrival.At >= leadIn);
        var failed = result.Arrivals.Zip(result.Outcomes).Count(pair => pair.First.Request == function.Rank && pair.Second.Failure is not null);
        return new MixedRow(function, latencies.Count, failed, latencies.Percentile(50), latencies.Percentile(99));
    }
}
