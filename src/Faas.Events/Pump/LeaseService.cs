using Faas.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Faas.Events;

/// <summary>
/// Renews the leases of what runs here, puts back what others have lost, forgets what is over, and reads now and then how much waits. At its start it puts back
/// what this node's predecessor was running when it was killed.
/// </summary>
internal sealed partial class LeaseService(EventsSetup setup, QueuePump pump, AnswerFiles files, TimeProvider time, ILogger<LeaseService> logger) : BackgroundService
{
    private const int ForgottenAtOnce = 500;

    private TimeSpan Period => setup.Options.Lease / 3;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var owner = setup.Owner;   // only until it has succeeded once: what runs afterwards is ours
        do
        {
            try
            {
                await RenewAsync(stoppingToken);
                await PutBackAsync(owner, stoppingToken);
                owner = null;
                pump.MarkRecovered();
                await CorrectAsync(stoppingToken);
                await ForgetAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)   // the top of a round
            {
                Log.Failed(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RenewAsync(CancellationToken ct)
    {
        var claims = pump.Attempts.Claims;
        if (claims.Count == 0)
        {
            return;
        }

        foreach (var lost in await setup.Queue.RenewAsync(claims, time.GetUtcNow() + setup.Options.Lease, ct))
        {
            // It may have ended between the two lines above; then there is nothing to stop.
            pump.Attempts.Stop(lost);
        }
    }

    private async Task PutBackAsync(string? owner, CancellationToken ct)
    {
        foreach (var (lane, id) in await setup.Queue.RequeueAsync(time.GetUtcNow(), owner, ct))
        {
            Log.PutBack(logger, id);
            pump.Queued(lane, time.GetUtcNow());
        }
    }

    private async Task CorrectAsync(CancellationToken ct)
    {
        foreach (var lane in await setup.Queue.BacklogAsync(ct))
        {
            pump.Lanes.Correct(lane.Lane, lane.Waiting, lane.NextDueAt);
        }

        pump.Wake();
    }

    private async Task ForgetAsync(CancellationToken ct)
    {
        while (await setup.Queue.ForgetAsync(time.GetUtcNow(), ForgottenAtOnce, ct) >= ForgottenAtOnce)
        {
            // There is more; others get their turn in between.
        }

        await files.SweepAsync(ct);
    }

    private static partial class Log
    {
        [LoggerMessage(4020, LogLevel.Error, "Leases could not be looked after; tried again soon")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(4021, LogLevel.Warning, "Event {Id} was cut off; it runs again")]
        public static partial void PutBack(ILogger logger, string id);
    }
}
