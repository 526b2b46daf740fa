using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>One request to an instance that was frozen because nobody used it, beside one to the same instance when it was not.</summary>
internal static class Thaw
{
    private const string Frozen = "frozen";
    private const double P50MsMax = 3;
    private const int WarmUpRounds = 3;

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
        var functions = new List<Samples>();
        foreach (var runtime in runtimes)
        {
            var name = $"thaw-{runtime}";
            var digest = await target.UploadHelloAsync(runtime, cancellationToken);
            await target.DeployAsync(Target.Hello(name, runtime) with { CodeDigest = digest, MaxInstances = 1, KeepAlive = TimeSpan.FromMinutes(5) }, cancellationToken);
            functions.Add(new Samples(runtime, name, new Latencies(), new Latencies()));
        }

        // In turns: whoever came first would pay alone for what the platform compiles during its first minute.
        using var caller = new Caller(target.Callers);
        for (var round = -WarmUpRounds; round < samples; round++)
        {
            functions.ForEach(function => Invoke(caller, function.Name));
            foreach (var function in functions)
            {
                if (!await MeasureAsync(target, caller, function, round, cancellationToken))
                {
                    var reason = $"this platform does not freeze: {function.Name} was not {Frozen} {FreezeDeadline.TotalSeconds} s after its last use";
                    Verdict.Print("thaw", passed: false, new { runtime = function.Runtime, reason });
                    return false;
                }
            }
        }

        var worst = functions.Max(function => function.Thawed.Percentile(50)!.Value);
        Verdict.Print("thaw", worst <= P50MsMax, new { sandbox = arguments["sandbox"], runtimes = functions.Select(function => function.Row(samples)) });
        return true;
    }

    /// <summary>One request to the frozen instance and one to the running one. False when it does not freeze.</summary>
    private static async Task<bool> MeasureAsync(Target target, Caller caller, Samples function, int round, CancellationToken cancellationToken)
    {
        if (await FrozenAsync(target, function.Name, cancellationToken) is not { } instance)
        {
            return false;
        }

        var first = Invoke(caller, function.Name);
        await RequireSameAsync(target, function.Name, instance, cancellationToken);
        await Task.Delay(WarmPause, TimeProvider.System, cancellationToken);
        var second = Invoke(caller, function.Name);
        if (round >= 0)
        {
            function.Thawed.Add(first);
            function.Warm.Add(second);
            Console.Error.WriteLine($"{function.Name} {round + 1}: {first:0.00} ms, warm {second:0.00} ms");
        }

        return true;
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

    /// <summary>What was measured of one function.</summary>
    private sealed record Samples(string Runtime, string Name, Latencies Thawed, Latencies Warm)
    {
        public object Row(int samples) => new
        {
            runtime = Runtime,
            samples,
            thawP50Ms = Thawed.Percentile(50),
            thawP95Ms = Thawed.Percentile(95),
            warmP50Ms = Warm.Percentile(50),
            warmP95Ms = Warm.Percentile(95),
        };
    }
}
