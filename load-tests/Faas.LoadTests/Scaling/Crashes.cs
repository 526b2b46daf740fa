using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>Instances killed under load: what ran inside fails and says why, and nothing else does.</summary>
internal static class Crashes
{
    private const string Name = "crashes";
    private const double WaitMs = 20;
    private const int Concurrency = 1;
    private const double KillsPerSecond = 2;

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments.Text("runtime") ?? Runtimes.Node;
        var rate = arguments.Number("rate", 100);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 60));
        var seed = arguments.Number("seed", 1);
        await WarmUp.RunAsync(target, runtime, cancellationToken);
        await WorkFunction.DeployAsync(target, Name, runtime, 0, WaitMs, cancellationToken);

        Console.Error.WriteLine($"crashes: {rate}/s and a kill each {1 / KillsPerSecond} s on average for {duration.TotalSeconds} s, {runtime}, {WaitMs} ms");
        var random = new Random(seed);
        using var client = new OpenLoopClient(target.Callers, [Name], Arrivals.Poisson(rate, duration, 0, random));
        var used = new Processors();
        var load = client.RunAsync(cancellationToken);
        var kills = await KillAsync(new Victims(target.Folder, arguments["sandbox"], Name), duration, random, cancellationToken);
        var result = await load;
        var processors = used.Summary();

        var status = InvocationErrors.Of(InvocationError.Crashed).Status;
        var untyped = result.Failures().Where(failure => failure.Key != $"{status} {nameof(InvocationError.Crashed)}").Sum(failure => failure.Value);
        var passed = untyped == 0 && result.FailureCount <= kills * Concurrency && kills > 0;
        Verdict.Print(Name, passed, new
        {
            runtime, rate, seconds = duration.TotalSeconds, seed, load = result.Summary(), kills, failuresAllowed = kills * Concurrency, notCrashed = untyped, processors,
        });
        return passed;
    }

    private static async Task<int> KillAsync(Victims victims, TimeSpan duration, Random random, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var kills = 0;
        foreach (var kill in Arrivals.Poisson(KillsPerSecond, duration, 0, random))
        {
            var pause = kill.At - time.GetElapsedTime(began);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }

            kills += victims.KillOne(random) is null ? 0 : 1;
        }

        return kills;
    }
}
