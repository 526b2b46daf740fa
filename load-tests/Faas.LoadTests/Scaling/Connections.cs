using Faas.Contracts.Functions;
using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Scaling;

/// <summary>More and more closed-loop callers of a function that needs a processor: more of them must not make less of it.</summary>
internal static class Connections
{
    private const string Name = "connections";
    private const double BurnMs = 1;
    private const double RatioMin = 0.95;

    /// <summary>Not counted at each number of connections: starting instances is what `step` measures.</summary>
    private static readonly TimeSpan Grow = TimeSpan.FromSeconds(2);

    private static readonly int[] Numbers = [1, 8, 32, 128];

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.DotNet;
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 8));
        var rounds = arguments.Number("rounds", 3);
        await WarmUp.RunAsync(target, runtime, cancellationToken);
        await WorkFunction.DeployAsync(target, Name, runtime, BurnMs, 0, cancellationToken);
        var request = LoadRequest.Get(Name);
        var loads = new List<(int Connections, LoadResult Load, int Instances)>();
        for (var round = 0; round < rounds; round++)
        {
            await WarmUp.SettleAsync(target, runtime, cancellationToken);
            foreach (var connections in Numbers)
            {
                var grown = await new WrkLoad(connections).RunAsync(target.Callers, request, Grow, cancellationToken);
                await using var count = new InstanceCount(target, Name, cancellationToken);
                var load = await new WrkLoad(connections).RunAsync(target.Callers, request, duration, cancellationToken);
                loads.Add((connections, load with { Failed = load.Failed + grown.Failed }, count.Most));
                Console.Error.WriteLine(
                    $"round {round + 1}, {connections} connections: {load.PerSecond:0}/s, p50 {load.P50Ms} ms, p99 {load.P99Ms} ms, {count.Most} instances, {load.Failed + grown.Failed} failed");
            }
        }

        var (figures, worst) = Table(loads);
        var failed = loads.Sum(entry => entry.Load.Failed);
        Verdict.Print(Name, failed == 0 && worst >= RatioMin, new { runtime, burnMs = BurnMs, rounds, seconds = duration.TotalSeconds, failed, worstRatio = worst, connections = figures });
        return failed == 0;
    }

    // Medians over the rounds; each beside the best of those with fewer connections.
    private static (List<object> Rows, double Worst) Table(List<(int Connections, LoadResult Load, int Instances)> loads)
    {
        var rows = new List<object>();
        double best = 0, worst = double.PositiveInfinity;
        foreach (var group in loads.GroupBy(entry => entry.Connections).OrderBy(group => group.Key))
        {
            var perSecond = Statistics.Median([.. group.Select(entry => entry.Load.PerSecond)])!.Value;
            var ratio = Statistics.Ratio(perSecond, best);
            worst = Math.Min(worst, ratio ?? worst);
            best = Math.Max(best, perSecond);
            rows.Add(new
            {
                connections = group.Key,
                perSecond,
                ratioToBestSmaller = ratio,
                instances = Statistics.Median([.. group.Select(entry => (double)entry.Instances)]),
                p50Ms = Statistics.Median([.. group.Select(entry => entry.Load.P50Ms)]),
                p99Ms = Statistics.Median([.. group.Select(entry => entry.Load.P99Ms)]),
            });
        }

        return (rows, worst);
    }
}
