using Faas.Events.Brokers;
using Faas.Events.Triggers;

namespace Faas.Events.Mqtt;

/// <summary>
/// Subscribes in a session that outlives its connections: the broker keeps in it what comes while nobody is there, and sends again what was not acknowledged. A message is
/// acknowledged when it is done with, in its turn.
/// </summary>
internal sealed class MqttSource : ITriggerSource
{
    private const string EventType = "faas.mqtt.message";

    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var spec = context.Spec.Mqtt!;   // of this kind, so it is set
        var address = await context.FillAddressAsync(spec.Url, ct);
        var clientId = spec.ClientId ?? $"faas-{context.Key.Id.Replace('/', '-')}";
        await using var connection = await MqttConnection.OpenAsync(spec, address, clientId, context.Status, ct);
        await SubscribeAsync(context, connection, ct);

        context.Status.Connected();
        context.Status.Lag(null);   // no broker tells what waits in a session
        var events = new MessageEvents(context, EventType);
        using var deadLetters = spec.DeadLetter is { } topic ? new MqttDeadLetters(connection, topic, context.Time) : null;
        try
        {
            await DeliveryWindow.RunAsync(spec.Concurrency, context.Time, ConsumeAsync, ct);
        }
        finally
        {
            await connection.Acknowledgements.FlushAsync();
        }

        async Task ConsumeAsync(DeliveryWindow window)
        {
            await foreach (var delivery in connection.Deliveries.ReadAllAsync(window.Ending))
            {
                await window.StartAsync(cut => DeliverAsync(delivery, cut));
            }
        }

        async Task DeliverAsync(MqttDelivery delivery, CancellationToken cut)
        {
            await new MessageDeliveries(context, events, deadLetters?.Of(delivery)).DeliverAsync(delivery.ToMessage(), cut);
            await connection.Acknowledgements.CompleteAsync(delivery, cut);
        }
    }

    /// <summary>
    /// The session remembers its subscriptions: one that an earlier version of the manifest made is ended first. What is subscribed is kept before it is, so that none is forgotten.
    /// </summary>
    private static async Task SubscribeAsync(TriggerContext context, MqttConnection connection, CancellationToken ct)
    {
        var spec = context.Spec.Mqtt!;
        var filter = spec.Group is { } group ? $"$share/{group}/{spec.Topic}" : spec.Topic;
        if (context.State is { } before && before != filter)
        {
            await connection.UnsubscribeAsync(before, ct);
        }

        if (context.State != filter)
        {
            await context.SaveStateAsync(filter, ct);
        }

        await connection.SubscribeAsync(filter, spec.Qos, ct);
    }
}
