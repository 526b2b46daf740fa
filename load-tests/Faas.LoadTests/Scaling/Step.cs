using Faas.Contracts.Functions;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>From no request and no instance to many requests a second, at once.</summary>
internal static class Step
{
    private const string Name = "step";
    private const double WaitMs = 5;
    private const double P99MsMax = 250;

    // Waiting is over when half of the callers of a tenth of a second wait no longer than a few times the function's own time, for a second on end. The
    // line is first in, first out: while it exists, everybody waits.
    private const double WaitingMs = 4 * WaitMs;
    private const int SlotsOfASecond = 10;

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.Node;
        var rate = arguments.Number("rate", 1000);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 30));
        await WarmUp.RunAsync(target, runtime, cancellationToken);
        await WorkFunction.DeployAsync(target, Name, runtime, 0, WaitMs, cancellationToken);
        await WarmUp.SettleAsync(target, runtime, cancellationToken);

        Console.Error.WriteLine($"step: 0 -> {rate}/s for {duration.TotalSeconds} s, {runtime}, {WaitMs} ms, concurrency 1");
        OpenLoopResult result;
        object processors;
        int instancesMost, instances;
        using (var client = new OpenLoopClient(target.Callers, [Name], Arrivals.Periodic(rate, duration, 0)))
        await using (var count = new InstanceCount(target, Name, cancellationToken))
        {
            var used = new Processors();
            result = await client.RunAsync(cancellationToken);
            processors = used.Summary();
            (instancesMost, instances) = (count.Most, count.Last);
        }

        var passed = result.FailureCount == 0 && result.Latencies(_ => true).Percentile(99) <= P99MsMax;
        Verdict.Print(Name, passed, new { runtime, rate, seconds = duration.TotalSeconds, load = result.Summary(), clearedAfterSeconds = Cleared(result), instancesMost, instances, processors });
        return result.FailureCount == 0;
    }

    /// <summary>Seconds until the waiting cleared; null if it never did.</summary>
    private static double? Cleared(OpenLoopResult result)
    {
        var slots = result.Arrivals.Zip(result.Outcomes)
            .GroupBy(pair => (int)(pair.First.At.TotalSeconds * SlotsOfASecond), pair => pair.Second.Failure is null ? pair.Second.Milliseconds : double.PositiveInfinity)
            .OrderBy(slot => slot.Key)
            .Select(slot => (slot.Key, IsWaiting: Statistics.Median([.. slot]) > WaitingMs))
            .ToList();
        for (var i = 0; i + SlotsOfASecond <= slots.Count; i++)
        {
            if (slots.Skip(i).Take(SlotsOfASecond).All(slot => !slot.IsWaiting))
            {
                return slots[i].Key / (double)SlotsOfASecond;
            }
        }

        return null;
    }
}
