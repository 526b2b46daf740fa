using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>Compiles this client and the gateway's code with a function that nothing else uses; the platform under it is idle again afterwards.</summary>
internal static class WarmUp
{
    private const string Name = "warm-up";
    private const int Rate = 300;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Target target, string runtime, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine("warming up");
        var digest = await WorkFunction.UploadAsync(target, runtime, cancellationToken);
        await target.DeployAsync(WorkFunction.Spec(Name, runtime, digest, 0, 1) with { KeepAlive = TimeSpan.FromSeconds(1) }, cancellationToken);
        using (var client = new OpenLoopClient(target.Callers, [Name], Arrivals.Periodic(Rate, Duration, 0)))
        {
            await client.RunAsync(cancellationToken);
        }

        await SettleAsync(target, runtime, cancellationToken);
    }

    /// <summary>Waits until nothing has an instance, and the pools have stems of the runtime and have not changed for a while.</summary>
    public static async Task SettleAsync(Target target, string runtime, CancellationToken cancellationToken)
    {
        await target.IdleAsync(_ => true, cancellationToken);
        var time = TimeProvider.System;
        var (stems, since) = ("", time.GetTimestamp());
        await Target.UntilAsync(
            $"the pools of {runtime} to be quiet",
            async () =>
            {
                await Task.Delay(Settle / 10, time, cancellationToken);
                var runtimes = (await target.PlatformAsync(cancellationToken)).Runtimes;
                var now = string.Join(' ', runtimes.Select(found => found.Stems));
                (stems, since) = now == stems ? (stems, since) : (now, time.GetTimestamp());
                return runtimes.Single(found => found.Name == runtime).Stems > 0 && time.GetElapsedTime(since) > Settle;
            },
            cancellationToken);
    }
}
