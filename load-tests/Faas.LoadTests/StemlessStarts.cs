using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>Cold starts on a platform without stems, each beside a start of the same container by hand.</summary>
internal static class StemlessStarts
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var results = JsonSerializer.Deserialize<Dictionary<string, ColdStartResult>>(await File.ReadAllTextAsync(arguments["result"], cancellationToken))!;
        using var reference = arguments["sandbox"] == "docker" ? new ContainerReference(target.Folder) : null;
        foreach (var runtime in Target.HandlerRuntimes)
        {
            var digest = await target.UploadHelloAsync(runtime, cancellationToken);
            await target.DeployAsync(Target.Hello($"hello-{runtime}", runtime) with { CodeDigest = digest }, cancellationToken);
        }

        for (var sample = -1; sample < arguments.Number("samples"); sample++)
        {
            foreach (var (runtime, result) in results)
            {
                await target.IdleAsync(_ => true, cancellationToken);
                using var caller = new Caller(target.Callers);
                var call = caller.Invoke($"hello-{runtime}");
                if (!call.IsSuccess)
                {
                    throw new InvalidOperationException($"hello-{runtime} was answered with {call.Status}: {call.Text}");
                }

                if (sample < 0)
                {
                    // Its instance still runs: what the same container is, is read off it.
                    reference?.Learn(runtime);
                    continue;
                }

                result.NoStem.Add(call.Milliseconds);
                await target.IdleAsync(_ => true, cancellationToken);
                Console.Error.WriteLine($"{runtime} {sample + 1} without a stem: {call.Milliseconds:0.0} ms");
                if (reference is not null)
                {
                    result.CreateStart.Add(await reference.CreateAndStartAsync(runtime, cancellationToken));
                    Console.Error.WriteLine($"{runtime} {sample + 1} by hand: {result.CreateStart[^1]:0.0} ms");
                }
            }
        }

        await File.WriteAllTextAsync(arguments["result"], JsonSerializer.Serialize(results), cancellationToken);
    }
}
