using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Brokers;
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
    /// <param name="given">The event.</param>
    /// <param name="ct">Ends the wait for the event's end. Then, and when the trigger is stopped, an event that is not accepted yet is not accepted any more.</param>
    public async Task<Delivery> DeliverAsync(TriggerEvent given, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, ct);
        await PauseAsync(ending.Token);
        ending.Token.ThrowIfCancellationRequested();
        var reply = await parts.Deliveries.AcceptAsync(trigger, given, ending.Token);
        if (reply.Refusal is { } refusal)
        {
            return new Delivery(reply.Id, InvocationState.Failed, refusal.Detail);
        }

        var ended = await WaitAsync(reply.Id, ct);
        if (ended.State == InvocationState.Succeeded)
        {
            trigger.Streak.Succeeded();
        }
        else if (ended.State == InvocationState.DeadLettered)
        {
            trigger.Streak.Failed(parts.Time.GetUtcNow());
        }

        return ended;
    }

    /// <summary>Keeps an event that cannot be given to the function as a dead letter, durably; it is counted as a failure.</summary>
    public Task BuryAsync(TriggerEvent given, string reason, CancellationToken ct) => parts.Deliveries.BuryAsync(trigger, given, reason, ct);

    /// <summary>Removes a dead letter that its source keeps elsewhere now.</summary>
    public Task ForgetAsync(string id, CancellationToken ct) => parts.Deliveries.ForgetAsync(id, ct);

    /// <summary>Puts the values of secrets into a text of the spec that names them.</summary>
    /// <param name="text">The text (<see cref="SecretText"/>).</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="BrokerException">There is no such secret.</exception>
    public Task<string> FillAsync(string text, CancellationToken ct) => parts.Secrets.FillAsync(text, isAddress: false, ct);

    /// <summary>The same for an address, whose secrets may have any characters.</summary>
    public Task<string> FillAddressAsync(string url, CancellationToken ct) => parts.Secrets.FillAsync(url, isAddress: true, ct);

    /// <summary>Accepts an event durably. Returns the invocation's id; null when it is refused for good, which is counted.</summary>
    public async Task<string?> AcceptAsync(TriggerEvent given, CancellationToken ct)
    {
        stopping.ThrowIfCancellationRequested();
        var reply = await parts.Deliveries.AcceptAsync(trigger, given, ct);
        return reply.Refusal is null ? reply.Id : null;
    }

    /// <summary>Waits until an accepted event has ended; a dead letter is counted.</summary>
    public async Task<InvocationState> EndAsync(string id, CancellationToken ct) => (await WaitAsync(id, ct)).State;

    /// <summary>Whether an accepted event is queued or running.</summary>
    public Task<bool> IsOpenAsync(string id, CancellationToken ct) => parts.Deliveries.IsOpenAsync(id, ct);

    private async Task<Delivery> WaitAsync(string id, CancellationToken ct)
    {
        var ended = await parts.Deliveries.EndOfAsync(id, ct);
        if (ended is { State: InvocationState.DeadLettered })
        {
            trigger.Status.EventFailed($"{id}: {ended.Reason}");
        }

        return new Delivery(id, ended?.State ?? InvocationState.Succeeded, ended?.Reason);   // what is not kept any more was no dead letter
    }

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

/// <summary>How an event that a source had delivered has ended.</summary>
/// <param name="Id">The invocation's id.</param>
/// <param name="State"><see cref="InvocationState.DeadLettered"/> is done with, too: it is kept, and can be redriven. <see cref="InvocationState.Failed"/> was refused for good.</param>
/// <param name="Reason">Why it is a dead letter or was refused; null otherwise.</param>
internal sealed record Delivery(string Id, InvocationState State, string? Reason);
