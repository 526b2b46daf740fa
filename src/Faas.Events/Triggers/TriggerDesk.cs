using Faas.Contracts.Api;
using Faas.Contracts.Functions;

namespace Faas.Events.Triggers;

/// <summary>What people do with triggers: look, pause, resume, fire, forget.</summary>
internal sealed class TriggerDesk(TriggerTable table, TriggerRunner runner, TriggerParts parts)
{
    /// <summary>The triggers of a function, or of all (null), by id.</summary>
    public TriggerDescription[] List(string? function) =>
        [.. from trigger in table.All where function is null || trigger.Key.Function == function orderby trigger.Key.Id select trigger.Status.Describe(trigger)];

    /// <summary>Pauses a trigger, durably; what waits for its turn at the trigger is left out. Null when there is none with this id.</summary>
    public Task<TriggerDescription?> PauseAsync(string id, CancellationToken ct) => SetAsync(
        id, trigger => trigger.IsPaused ? (true, trigger.State) : (true, trigger.Kind.StateWhenPaused(id, trigger.Spec, trigger.State, parts.Time.GetUtcNow())), ct);

    /// <summary>Resumes a paused trigger. What came due meanwhile is not made up for.</summary>
    public Task<TriggerDescription?> ResumeAsync(string id, CancellationToken ct) => SetAsync(id, trigger => (false, trigger.State), ct);

    /// <summary>Forgets how far a trigger has come, and leaves it paused, as it is still in its function's manifest: resumed, it begins anew.</summary>
    public Task<TriggerDescription?> ForgetAsync(string id, CancellationToken ct) => SetAsync(id, _ => (true, null), ct);

    /// <summary>Gives the function an event as if there had been one now, paused or not.</summary>
    public async Task<FireOutcome> FireAsync(string id, CancellationToken ct)
    {
        if (table.Find(id) is not { } trigger)
        {
            return new FireOutcome(null, new IntakeRefusal("NotFound", 404, $"no trigger '{id}'; `faas trigger list` shows those there are"));
        }

        if (trigger.Kind.EventNow(trigger.Key, trigger.Spec, parts.Time.GetUtcNow()) is not { } given)
        {
            var hint = trigger.Spec switch
            {
                { Topic: { } topic } => $"publish something on topic '{topic}'",
                { Webhook: not null } => $"POST a signed request to {TriggerNames.WebhookPathOf(trigger.Key.Function, trigger.Spec)}",
                _ => "send it one",
            };
            return new FireOutcome(null, new IntakeRefusal("Conflict", 409, $"a {TriggerNames.KindOf(trigger.Spec)} trigger cannot make an event of its own; {hint}"));
        }

        var reply = await parts.Deliveries.AcceptAsync(trigger, given, ct);
        return reply.Refusal is { } refusal ? new FireOutcome(null, refusal) : new FireOutcome(reply.Id, null);
    }

    private async Task<TriggerDescription?> SetAsync(string id, Func<Trigger, (bool IsPaused, string? State)> change, CancellationToken ct)
    {
        await table.Turn.WaitAsync(ct);
        try
        {
            if (table.Find(id) is not { } trigger)
            {
                return null;
            }

            try
            {
                await TriggerRunner.StopAsync(trigger);
                var (isPaused, state) = change(trigger);
                await parts.Store.SetPausedAsync(trigger.Key, isPaused, state, parts.Time.GetUtcNow(), ct);
                (trigger.IsPaused, trigger.State) = (isPaused, state);
            }
            finally
            {
                runner.Start(trigger);   // it has resumed, or the store could not be written
            }

            return trigger.Status.Describe(trigger);
        }
        finally
        {
            table.Turn.Release();
        }
    }
}

/// <summary>What came of firing a trigger.</summary>
/// <param name="Invocation">The invocation's id; null when it was refused.</param>
/// <param name="Refusal">Why it was refused; null when it was not.</param>
internal sealed record FireOutcome(string? Invocation, IntakeRefusal? Refusal);
