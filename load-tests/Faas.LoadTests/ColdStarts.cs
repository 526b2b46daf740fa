using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>
/// Cold starts with stems available: one by one, each beside a `docker run` of the same image, and twenty at once. Writes its result to a file,
/// because a second platform, without stems, gives the rest of the table.
/// </summary>
internal static class ColdStarts
{
    private const int BurstSize = 20;
    private const int BurstRounds = 5;
    private const int WarmUpCalls = 3;

    /// <summary>The engine and the kernel go on cleaning up for a while after a container or a namespace is gone.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var stems = arguments.Number("stems");
        await DeployAsync(target, cancellationToken);
        var results = Target.HandlerRuntimes.ToDictionary(runtime => runtime, _ => new ColdStartResult());
        using var reference = arguments["sandbox"] == "docker" ? new ContainerReference(target.Folder) : null;

        for (var sample = -WarmUpCalls; sample < arguments.Number("samples"); sample++)
        {
            foreach (var runtime in Target.HandlerRuntimes)
            {
                var call = await SampleAsync(target, Name(runtime, (sample + WarmUpCalls) % BurstSize), runtime, stems, results[runtime], cancellationToken);
                if (sample < 0)
                {
                    continue;   // the first ones compile this client and the gateway's cold path
                }

                results[runtime].Cold.Add(call.Milliseconds);
                reference?.Run(runtime, results[runtime]);
                Console.Error.WriteLine($"{runtime} {sample + 1}: {call.Milliseconds:0.0} ms (activation {call.ColdMs:0.0} ms)");
            }
        }

        for (var round = 0; round < BurstRounds; round++)
        {
            foreach (var runtime in Target.HandlerRuntimes)
            {
                await target.IdleAsync(name => name.StartsWith($"hello-{runtime}-", StringComparison.Ordinal), cancellationToken);
                await target.StemsAsync(runtime, Math.Min(stems, BurstSize), cancellationToken);
                var burst = Burst(target, runtime, results[runtime]);
                results[runtime].Burst.Add(burst);
                Console.Error.WriteLine($"{runtime}: {BurstSize} at once in {burst:0.0} ms");
            }
        }

        await File.WriteAllTextAsync(arguments["result"], JsonSerializer.Serialize(results), cancellationToken);
    }

    private static string Name(string runtime, int index) => $"hello-{runtime}-{index}";

    private static async Task DeployAsync(Target target, CancellationToken cancellationToken)
    {
        foreach (var runtime in Target.HandlerRuntimes)
        {
            Console.Error.WriteLine($"deploying {BurstSize} functions in {runtime}");
            var digest = await target.UploadHelloAsync(runtime, cancellationToken);
            for (var i = 0; i < BurstSize; i++)
            {
                await target.DeployAsync(Target.Hello(Name(runtime, i), runtime) with { CodeDigest = digest }, cancellationToken);
            }
        }
    }

    private static async Task<Call> SampleAsync(Target target, string name, string runtime, int stems, ColdStartResult result, CancellationToken cancellationToken)
    {
        while (true)
        {
            await target.IdleAsync(_ => true, cancellationToken);
            await target.StemsAsync(runtime, Math.Min(stems, BurstSize), cancellationToken);
            await Task.Delay(Settle, TimeProvider.System, cancellationToken);
            using var caller = new Caller(target.Callers);
            var call = caller.Invoke(name);
            if (!call.IsSuccess)
            {
                throw new InvalidOperationException($"{name} was answered with {call.Status}: {call.Text}");
            }

            if (call.ColdMs > 0)
            {
                return call;
            }

            result.NotCold++;
        }
    }

    private static double Burst(Target target, string runtime, ColdStartResult result)
    {
        using var start = new Barrier(BurstSize + 1);
        var calls = new Call[BurstSize];
        var threads = Enumerable.Range(0, BurstSize).Select(i => new Thread(() =>
        {
            using var caller = new Caller(target.Callers);
            start.SignalAndWait();
            calls[i] = caller.Invoke(Name(runtime, i));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        start.SignalAndWait();
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        threads.ForEach(thread => thread.Join());
        var elapsed = time.GetElapsedTime(began).TotalMilliseconds;
        if (calls.FirstOrDefault(call => !call.IsSuccess) is { Text: not null } failed)
        {
            throw new InvalidOperationException($"one of {BurstSize} at once was answered with {failed.Status}: {failed.Text}");
        }

        result.NotCold += calls.Count(call => call.ColdMs == 0);
        return elapsed;
    }
}
