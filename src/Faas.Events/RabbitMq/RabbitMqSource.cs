using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Triggers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Faas.Events.RabbitMq;

/// <summary>
/// Consumes a queue: the broker sends as many messages ahead as may be under way, and each is acknowledged when it is done with. What was not acknowledged when the connection
/// ends, the broker delivers again.
/// </summary>
internal sealed class RabbitMqSource : ITriggerSource
{
    private const string EventType = "faas.rabbitmq.message";

    /// <summary>How long the broker may take to stop sending. With the deliveries' drain and the connection's end it is less than the platform waits for a source to stop.</summary>
    private static readonly TimeSpan CancelWithin = TimeSpan.FromSeconds(1);

    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var spec = context.Spec.RabbitMq!;   // of this kind, so it is set
        var address = await context.FillAddressAsync(spec.Url, ct);
        await using var connection = await RabbitMqConnection.OpenAsync(spec, address, context.Key.Id, ct);
        await RabbitMqQueue.PrepareAsync(connection, spec, ct);
        using var deadLetters = spec.DeadLetter is null ? null : await RabbitMqDeadLetters.OpenAsync(connection, spec, context.Time, ct);
        var channel = await connection.OpenChannelAsync(null, ct);
        var consumer = new RabbitMqConsumer(channel, connection.Place, spec.Queue);
        var tag = await RabbitMqQueue.ConsumeAsync(connection, channel, consumer, spec, ct);

        context.Status.Connected();
        await using var lag = LagMeter.Start(context, LagAsync);
        var events = new MessageEvents(context, EventType);
        await DeliveryWindow.RunAsync(spec.Prefetch, context.Time, window => ConsumeAsync(window, consumer, tag, DeliverAsync), ct);

        async Task DeliverAsync(RabbitMqDelivery delivery, CancellationToken cut)
        {
            await new MessageDeliveries(context, events, deadLetters?.Of(delivery)).DeliverAsync(delivery.ToMessage(), cut);
            await consumer.AcknowledgeAsync(delivery, cut);
        }

        async Task<long?> LagAsync(CancellationToken token)
        {
            try
            {
                return (await connection.Questions.QueueDeclarePassiveAsync(spec.Queue, token)).MessageCount + consumer.Unacknowledged;
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                return null;   // how the client puts it that there is no answer
            }
        }
    }

    private static async Task ConsumeAsync(DeliveryWindow window, RabbitMqConsumer consumer, string tag, Func<RabbitMqDelivery, CancellationToken, Task> deliver)
    {
        try
        {
            await foreach (var delivery in consumer.Deliveries.ReadAllAsync(window.Ending))
            {
                await window.StartAsync(cut => deliver(delivery, cut));
            }
        }
        finally
        {
            await CancelAsync(consumer.Channel, tag);
        }
    }

    /// <summary>Tells the broker to send nothing more, before the deliveries under way come to their ends: a quorum queue counts how often it has sent a message.</summary>
    private static async Task CancelAsync(IChannel channel, string tag)
    {
        using var limit = new CancellationTokenSource(CancelWithin);
        try
        {
            await channel.BasicCancelAsync(tag, cancellationToken: limit.Token);
        }
        catch (Exception exception) when (exception is RabbitMQClientException or OperationCanceledException or IOException)
        {
            // The connection is gone, or is closed in a moment: then the broker stops by itself.
        }
    }
}
