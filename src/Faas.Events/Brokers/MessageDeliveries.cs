using Faas.Contracts.Invocations;
using Faas.Events.Triggers;

namespace Faas.Events.Brokers;

/// <summary>Gives a broker's messages to the function, one by one, until each is done with.</summary>
/// <param name="context">The trigger.</param>
/// <param name="events">Makes messages events.</param>
/// <param name="deadLetters">Where the broker keeps what failed for good; null when the platform does.</param>
internal sealed class MessageDeliveries(TriggerContext context, MessageEvents events, IDeadLetterPlace? deadLetters)
{
    /// <summary>
    /// Delivers a message. When this returns the broker can be told that it is done with: the function took it, or it failed for good and is a dead letter, here or at the broker.
    /// </summary>
    public async Task DeliverAsync(BrokerMessage message, CancellationToken ct)
    {
        if (events.TryRead(message, out var problem) is not { } given)
        {
            await SetAsideAsync(message, events.AsData(message), null, problem ?? "the message cannot be read", ct);
            return;
        }

        var delivery = await context.DeliverAsync(given, ct);
        if (delivery.State == InvocationState.Failed)
        {
            await SetAsideAsync(message, events.AsData(message), null, delivery.Reason ?? "the event was refused", ct);
        }
        else if (delivery.State == InvocationState.DeadLettered && deadLetters is not null)
        {
            await deadLetters.PutAsync(message, delivery.Id, delivery.Reason ?? "it failed", ct);
            await context.ForgetAsync(delivery.Id, ct);
        }
    }

    /// <summary>What no function can be given must not come again and again, and must not be lost.</summary>
    /// <param name="message">The message as it came.</param>
    /// <param name="kept">What the platform keeps if the broker does not.</param>
    /// <param name="invocation">The invocation's id; null when there was none.</param>
    /// <param name="reason">Why, in a sentence.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task SetAsideAsync(BrokerMessage message, TriggerEvent kept, string? invocation, string reason, CancellationToken ct)
    {
        if (deadLetters is null)
        {
            await context.BuryAsync(kept, reason, ct);
            return;
        }

        await deadLetters.PutAsync(message, invocation, reason, ct);
        context.Status.EventFailed($"message from {message.Subject}: {reason}");
    }
}
