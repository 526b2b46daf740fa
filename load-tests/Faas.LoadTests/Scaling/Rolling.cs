using System.Text;
using Faas.Contracts.Functions;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>A new revision every second under load: nobody may notice but by the answer.</summary>
internal static class Rolling
{
    private const string Name = "rolling";
    private const double WaitMs = 5;

    /// <summary>A platform that is too slow to be updated each second has not passed what is meant.</summary>
    private const double UpdatesShareMin = 0.9;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.Node;
        var rate = arguments.Number("rate", 200);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 60));
        await WarmUp.RunAsync(target, runtime, cancellationToken);
        var spec = await WorkFunction.DeployAsync(target, Name, runtime, 0, WaitMs, cancellationToken);

        Console.Error.WriteLine($"rolling: {rate}/s and an update each second for {duration.TotalSeconds} s, {runtime}");
        var revisions = new HashSet<string>();
        using var client = new OpenLoopClient(target.Callers, [Name], Arrivals.Periodic(rate, duration, 0))
        {
            Observer = body => revisions.Add(Encoding.UTF8.GetString(body)),
        };
        var used = new Processors();
        var load = client.RunAsync(cancellationToken);
        var (updates, refused) = await UpdateAsync(target, spec, duration, cancellationToken);
        var result = await load;
        var processors = used.Summary();

        var updatesWanted = (int)(duration / Every) - 1;
        var isUnharmed = result.FailureCount == 0 && refused.Count == 0;
        Verdict.Print(Name, isUnharmed && updates.Count >= updatesWanted * UpdatesShareMin, new
        {
            runtime,
            rate,
            seconds = duration.TotalSeconds,
            load = result.Summary(),
            updates = updates.Count,
            updatesWanted,
            updateMs = new { p50 = updates.Percentile(50), max = updates.Percentile(100) },
            updatesRefused = refused,
            revisionsSeen = revisions.Count,
            processors,
        });
        return isUnharmed;
    }

    /// <summary>Updates at each full second; a second that passes while an update still runs is left out.</summary>
    private static async Task<(Latencies Updates, List<string> Refused)> UpdateAsync(Target target, FunctionSpec spec, TimeSpan duration, CancellationToken cancellationToken)
    {
        var updates = new Latencies();
        var refused = new List<string>();
        var time = TimeProvider.System;
        var end = time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);
        using var timer = new PeriodicTimer(Every);
        for (var number = 1; await timer.WaitForNextTickAsync(cancellationToken) && time.GetTimestamp() < end; number++)
        {
            var began = time.GetTimestamp();
            try
            {
                await target.DeployAsync(spec with { Env = new Dictionary<string, string>(spec.Env) { ["NUMBER"] = $"{number}" } }, cancellationToken);
                updates.Add(time.GetElapsedTime(began).TotalMilliseconds);
            }
            catch (InvalidOperationException e)
            {
                refused.Add(e.Message);
            }
        }

        return (updates, refused);
    }
}
