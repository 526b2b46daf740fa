using System.Threading.Channels;
using Faas.Events.Brokers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Faas.Events.RabbitMq;

/// <summary>Takes what the broker sends, and passes it on in its order. The broker's prefetch bounds how much that is.</summary>
internal sealed class RabbitMqConsumer(IChannel channel, string place, string queue) : AsyncDefaultBasicConsumer(channel)
{
    private readonly Channel<RabbitMqDelivery> _deliveries = System.Threading.Channels.Channel.CreateUnbounded<RabbitMqDelivery>(new() { SingleReader = true });
    private int _unacknowledged;

    /// <summary>What came. Ends with a <see cref="BrokerException"/> when nothing can come any more.</summary>
    public ChannelReader<RabbitMqDelivery> Deliveries => _deliveries.Reader;

    /// <summary>Messages that came and are not acknowledged.</summary>
    public int Unacknowledged => Volatile.Read(ref _unacknowledged);

    /// <summary>Tells the broker that a message is done with.</summary>
    /// <exception cref="BrokerException">The connection is lost: the message comes again.</exception>
    public async Task AcknowledgeAsync(RabbitMqDelivery delivery, CancellationToken ct)
    {
        try
        {
            await Channel.BasicAckAsync(delivery.Tag, multiple: false, ct);
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            throw RabbitMqErrors.Lost(exception, place);
        }

        Interlocked.Decrement(ref _unacknowledged);
    }

    public override Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _unacknowledged);
        _deliveries.Writer.TryWrite(new RabbitMqDelivery
        {
            Tag = deliveryTag,
            IsRedelivered = redelivered,
            Exchange = exchange,
            RoutingKey = routingKey,
            Properties = properties,
            Body = body.ToArray(),   // the client uses its memory again
        });
        return Task.CompletedTask;
    }

    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _deliveries.Writer.TryComplete(new BrokerException($"{place} has ended the consumption of queue '{queue}'; was it deleted?"));
        return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
    }

    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        _deliveries.Writer.TryComplete(RabbitMqErrors.Lost(reason, place));
        return base.HandleChannelShutdownAsync(channel, reason);
    }
}
