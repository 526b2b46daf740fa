using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>What people do with accepted events: look, wait, cancel, redrive, purge.</summary>
public sealed class Desk
{
    private const int AtOnce = 500;

    private readonly EventsSetup _setup;
    private readonly QueuePump _pump;
    private readonly Completions _completions;
    private readonly TimeProvider _time;

    internal Desk(EventsSetup setup, QueuePump pump, Completions completions, TimeProvider time) =>
        (_setup, _pump, _completions, _time) = (setup, pump, completions, time);

    /// <summary>An event; null when there is none with this id.</summary>
    public Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct) => _setup.Queue.FindAsync(id, ct);

    /// <summary>An event once it has ended, or as it stands after <paramref name="limit"/>; null when there is none with this id.</summary>
    public async Task<QueuedInvocation?> WaitAsync(string id, TimeSpan limit, CancellationToken ct)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var completion = _completions.Of(id);
            var found = await FindAsync(id, ct);
            var left = limit - _time.GetElapsedTime(began);
            if (found is null || found.State.HasEnded() || left <= TimeSpan.Zero)
            {
                if (found is null || found.State.HasEnded())
                {
                    _completions.Forget(id);
                }

                return found;
            }

            await completion.WaitAsync(left, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Cancels an event that has not ended.</summary>
    public async Task<CancelOutcome> CancelAsync(string id, CancellationToken ct)
    {
        var found = await FindAsync(id, ct);
        if (found is null)
        {
            return CancelOutcome.NotFound;
        }

        var now = _time.GetUtcNow();
        var keep = _setup.Functions.Find(found.Entry.Function)?.Async ?? AsyncSpec.Default;
        var outcome = await _setup.Queue.CancelAsync(id, now, now + keep.KeepResult, ct);
        if (outcome is CancelOutcome.Cancelled)
        {
            _pump.Lanes.Removed(found.Entry.Lane);
        }

        _pump.Attempts.Stop(id);
        _completions.Signal(id);
        return outcome;
    }

    /// <summary>Queues again the dead letters that there are now. Returns how many.</summary>
    public async Task<int> RedriveAsync(DeadLetterChoice choice, CancellationToken ct)
    {
        // No more than there were: one that fails again at once must not be taken a second time.
        var counts = await _setup.Queue.DeadLettersAsync(ct);
        var left = choice.Id is not null ? 1 : choice.Function is { } function ? counts.GetValueOrDefault(function) : counts.Values.Sum();
        var count = 0;
        while (left > 0)
        {
            var now = _time.GetUtcNow();
            var lanes = await _setup.Queue.RedriveAsync(choice, now, (int)Math.Min(left, AtOnce), ct);
            foreach (var lane in lanes)
            {
                _pump.Queued(lane, now);
            }

            count += lanes.Count;
            left = lanes.Count == 0 ? 0 : left - lanes.Count;
        }

        return count;
    }

    /// <summary>Removes dead letters for good. Returns how many.</summary>
    public async Task<int> PurgeAsync(DeadLetterChoice choice, CancellationToken ct)
    {
        var count = 0;
        int purged;
        do
        {
            purged = await _setup.Queue.PurgeAsync(choice, AtOnce, ct);
            count += purged;
        }
        while (purged == AtOnce);
        return count;
    }
}
