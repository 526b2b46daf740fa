using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Faas.LoadTests.Brokers;

/// <summary>Publishes persistent messages to a durable queue, each confirmed by the broker.</summary>
internal sealed class RabbitMqSender : IEventSender
{
    private readonly ConnectionFactory _factory;
    private readonly string _queue;
    private IConnection? _connection;
    private IChannel? _channel;

    private RabbitMqSender(ConnectionFactory factory, string queue) => (_factory, _queue) = (factory, queue);

    public static async Task<IEventSender> ConnectAsync(string address, string queue, CancellationToken cancellationToken)
    {
        var sender = new RabbitMqSender(new ConnectionFactory { Uri = new Uri($"amqp://{address}"), AutomaticRecoveryEnabled = false }, queue);
        await sender.OpenAsync(cancellationToken);
        return sender;
    }

    public async Task<bool> SendAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            var channel = _channel ?? await OpenAsync(cancellationToken);
            await channel.BasicPublishAsync("", _queue, mandatory: true, new BasicProperties { Persistent = true, MessageId = token }, Encoding.ASCII.GetBytes(token), cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException)
        {
            await CloseAsync();
            return false;
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        _connection = await _factory.CreateConnectionAsync(cancellationToken);
        _channel = await _connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        await _channel.QueueDeclareAsync(_queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken);
        return _channel;
    }

    private async Task CloseAsync()
    {
        var connection = _connection;
        (_connection, _channel) = (null, null);
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }
}
