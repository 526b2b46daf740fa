using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>What a source works with during one run. Safe for concurrent use.</summary>
internal sealed class TriggerContext(Trigger trigger, TriggerParts parts, CancellationToken stopping)
{
    /// <summary>The trigger's id and function.</summary>
    public TriggerKey Key => trigger.Key;

    /// <summary>What the user wrote.</summary>
    public TriggerSpec Spec => trigger.Spec;

    /// <summary>The clock.</summary>
    public TimeProvider Time => parts.Time;

    /// <summary>Where the source says how it does.</summary>
    public TriggerStatus Status => trigger.Status;

    /// <summary>What <see cref="SaveStateAsync"/> kept last, by this run or an earlier one; null for nothing.</summary>
    public string? State => trigger.State;

    /// <summary>Keeps how far the source has come, durably.</summary>
    public async Task SaveStateAsync(string state, CancellationToken ct)
    {
        stopping.ThrowIfCancellationRequested();   // a run that does not stop must not write over what comes after it
        await parts.Store.SaveStateAsync(trigger.Key, state, parts.Time.GetUtcNow(), ct);
        trigger.State = state;
    }

    /// <summary>
    /// Accepts an event durably and waits until it has ended, so that its sender can be told. While the function keeps failing, the wait begins with a pause.
    /// </summary>
    /// <returns>How it ended. <see cref="InvocationState.DeadLettered"/> is done with, too: it is kept, and can be redriven. <see cref="InvocationState.Failed"/> was refused for good.</returns>
    public async Task<InvocationState> DeliverAsync(TriggerEvent given, CancellationToken ct)
    {
        await PauseAsync(ct);
        if (await AcceptAsync(given, ct) is not { } id)
        {
            return InvocationState.Failed;
        }

        var state = await EndAsync(id, ct);
        if (state == InvocationState.Succeeded)
        {
            trigger.Streak.Succeeded();
        }
        else if (state == InvocationState.DeadLettered)
        {
            trigger.Streak.Failed(parts.Time.GetUtcNow());
        }

        return state;
    }

    /// <summary>Accepts an event durably. Returns the invocation's id; null when it is refused for good, which is counted.</summary>
    public Task<string?> AcceptAsync(TriggerEvent given, CancellationToken ct)
    {
        stopping.ThrowIfCancellationRequested();
        return parts.Deliveries.AcceptAsync(trigger, given, ct);
    }

    /// <summary>Waits until an accepted event has ended; a dead letter is counted.</summary>
    public async Task<InvocationState> EndAsync(string id, CancellationToken ct)
    {
        var ended = await parts.Deliveries.EndOfAsync(id, ct);
        if (ended is { State: InvocationState.DeadLettered })
        {
            trigger.Status.EventFailed($"{id}: {ended.Reason}");
        }

        return ended?.State ?? InvocationState.Succeeded;   // what is not kept any more was no dead letter
    }

    /// <summary>Whether an accepted event is queued or running.</summary>
    public Task<bool> IsOpenAsync(string id, CancellationToken ct) => parts.Deliveries.IsOpenAsync(id, ct);

    private async Task PauseAsync(CancellationToken ct)
    {
        // Another event may have failed meanwhile, and made the pause longer, or succeeded, and ended it: then one try more than needed is waited for.
        while (trigger.Streak.GoesOnAt is var goesOnAt && goesOnAt - parts.Time.GetUtcNow() is { Ticks: > 0 } pause)
        {
            trigger.Status.BackingOff($"{FailureStreak.Tolerated} or more events in a row became dead letters; the next one is tried after a pause", goesOnAt);
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds)), parts.Time, ct);
        }
    }
}
