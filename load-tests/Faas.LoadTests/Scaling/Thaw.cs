using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>One request to an instance that was frozen because nobody used it, beside one to the same instance when it was not.</summary>
internal static class Thaw
{
    private const string Frozen = "frozen";
    private const double P50MsMax = 3;
    private const int WarmUpSamples = 3;

    /// <summary>The platform freezes about a second after the last use.</summary>
    private static readonly TimeSpan FreezeDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Between the request that thaws and the warm one: as much of a pause as can be without being frozen again.</summary>
    private static readonly TimeSpan WarmPause = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var samples = arguments.Number("samples", 30);
        var runtimes = arguments.Text("runtime") is { } one ? [one] : Target.HandlerRuntimes;
        var rows = new List<object>();
        var worst = 0.0;
        foreach (var runtime in runtimes)
        {
            var name = $"thaw-{runtime}";
            var digest = await target.UploadHelloAsync(runtime, cancellationToken);
            await target.DeployAsync(Target.Hello(name, runtime) with { CodeDigest = digest, MaxInstances = 1, KeepAlive = TimeSpan.FromMinutes(5) }, cancellationToken);
            if (await MeasureAsync(target, name, samples, cancellationToken) is not var (thawed, warm))
            {
                Verdict.Print("thaw", passed: false, new { runtime, reason = $"this platform does not freeze: {name} was not {Frozen} {FreezeDeadline.TotalSeconds} s after its last use" });
                return false;
            }

            worst = Math.Max(worst, thawed.Percentile(50)!.Value);
            rows.Add(new { runtime, samples, thawP50Ms = thawed.Percentile(50), thawP95Ms = thawed.Percentile(95), warmP50Ms = warm.Percentile(50), warmP95Ms = warm.Percentile(95) });
        }

        Verdict.Print("thaw", worst <= P50MsMax, new { sandbox = arguments["sandbox"], runtimes = rows });
        return true;
    }

    private static async Task<(Latencies Thawed, Latencies Warm)?> MeasureAsync(Target target, string name, int samples, CancellationToken cancellationToken)
    {
        var (thawed, warm) = (new Latencies(), new Latencies());
        using var caller = new Caller(target.Callers);
        for (var sample = -WarmUpSamples; sample < samples; sample++)
        {
            Invoke(caller, name);
            if (await FrozenAsync(target, name, cancellationToken) is not { } instance)
            {
                return null;
            }

            var first = Invoke(caller, name);
            await RequireSameAsync(target, name, instance, cancellationToken);
            await Task.Delay(WarmPause, TimeProvider.System, cancellationToken);
            var second = Invoke(caller, name);
            if (sample >= 0)
            {
                thawed.Add(first);
                warm.Add(second);
                Console.Error.WriteLine($"{name} {sample + 1}: {first:0.00} ms, warm {second:0.00} ms");
            }
        }

        return (thawed, warm);
    }

    private static double Invoke(Caller caller, string name)
    {
        var call = caller.Invoke(name);
        return call.IsSuccess ? call.Milliseconds : throw new InvalidOperationException($"{name} was answered with {call.Status}: {call.Text}");
    }

    // A cold start takes little longer than a thaw; it must not be taken for one.
    private static async Task RequireSameAsync(Target target, string name, string instance, CancellationToken cancellationToken)
    {
        var instances = (await target.DescribeAsync(name, cancellationToken)).Instances;
        if (instances.Count != 1 || instances[0].Id != instance)
        {
            throw new InvalidOperationException($"{name} was not answered by its frozen instance {instance}; now there is {string.Join(", ", instances.Select(found => found.Id))}.");
        }
    }

    /// <summary>The id of the function's one instance once it is frozen; null when it is not in time.</summary>
    private static async Task<string?> FrozenAsync(Target target, string name, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < FreezeDeadline;)
        {
            await Task.Delay(PollInterval, time, cancellationToken);
            if ((await target.DescribeAsync(name, cancellationToken)).Instances is [{ State: Frozen } instance])
            {
                return instance.Id;
            }
        }

        return null;
    }
}
