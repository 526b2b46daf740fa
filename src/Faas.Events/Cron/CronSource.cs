using Faas.Events.Triggers;
using Microsoft.Extensions.Logging;

namespace Faas.Events.Cron;

/// <summary>
/// Fires a trigger at its times: looks, has what is due accepted, and only then keeps that it was decided. Killed in between it decides the same again, under the same
/// ids, which are accepted once. Wakes nobody's function by itself: a queued event does that.
/// </summary>
internal sealed partial class CronSource(ILogger logger) : ITriggerSource
{
    /// <summary>Longest sleep, so that a clock that was set is noticed.</summary>
    private static readonly TimeSpan SleepMax = TimeSpan.FromMinutes(1);

    private readonly List<Task> _open = [];     // firings that have not ended as far as is known
    private Task? _previous;                   // the newest of them, whose end may let the next one run
    private bool _hasWarned;

    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var schedule = CronKind.ScheduleOf(context.Key.Id, context.Spec);
        var state = CronStateText.Read(context.State);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            context.Status.Connected();
            while (true)
            {
                var decision = CronCursor.Decide(schedule, state, new CronLook(context.Time.GetUtcNow(), await IsPreviousOpenAsync(context, state, ending.Token), IsPaused: false));
                foreach (var firing in decision.Firings)
                {
                    await FireAsync(context, firing, ending.Token);
                }

                if (decision.State != state)
                {
                    await context.SaveStateAsync(CronStateText.Write(decision.State), ct);
                    state = decision.State;
                }

                Report(context, decision);
                await SleepAsync(context.Time, decision.LookAgainAt, ct);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(_open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> IsPreviousOpenAsync(TriggerContext context, CronState? state, CancellationToken ct)
    {
        _open.RemoveAll(firing => firing.IsCompletedSuccessfully && firing != _previous);
        if (_previous is { IsCompleted: true })
        {
            await _previous;   // it fails when the store cannot be read
            _previous = null;
        }

        if (state?.LastFired is not { } fired || CronFiring.IdOf(context.Key.Id, fired) is var id && !await context.IsOpenAsync(id, ct))
        {
            return false;
        }

        if (_previous is null)
        {
            Watch(context.EndAsync(id, ct));   // one of before this run, or a dead letter that was queued again
        }

        return true;
    }

    private async Task FireAsync(TriggerContext context, CronFiring firing, CancellationToken ct)
    {
        if (await context.AcceptAsync(CronKind.EventOf(context.Key, context.Spec, firing.Id, firing.ScheduledAt), ct) is { } id)
        {
            Watch(context.EndAsync(id, ct));
        }
    }

    private void Watch(Task end)
    {
        _open.Add(end);
        _previous = end;
    }

    private void Report(TriggerContext context, CronDecision decision)
    {
        context.Status.Next(decision.LookAgainAt);
        context.Status.Skipped(decision.Skipped.Total);
        if (decision.ClockBehind > SleepMax && !_hasWarned)
        {
            Log.ClockBehind(logger, context.Key.Id, decision.ClockBehind);
        }

        _hasWarned = decision.ClockBehind > SleepMax;
    }

    /// <summary>Until the next one is due, or its predecessor has ended.</summary>
    private async Task SleepAsync(TimeProvider time, DateTimeOffset? until, CancellationToken ct)
    {
        var pause = until is { } at && at - time.GetUtcNow() is var left && left < SleepMax ? left : SleepMax;
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sleep = Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds))), time, woken.Token);
        await (_previous is null ? sleep : Task.WhenAny(sleep, _previous));
        ct.ThrowIfCancellationRequested();
        await woken.CancelAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(4040, LogLevel.Warning, "Trigger {Trigger} does not fire for {Behind}: the clock was set back behind what has fired already. `faas trigger delete` lets it begin anew")]
        public static partial void ClockBehind(ILogger logger, string trigger, TimeSpan behind);
    }
}
