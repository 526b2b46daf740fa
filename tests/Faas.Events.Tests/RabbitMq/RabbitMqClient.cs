using System.Text;
using RabbitMQ.Client;

namespace Faas.Events.Tests.RabbitMq;

/// <summary>Another client of the broker. What it publishes is durable when its call returns.</summary>
public sealed class RabbitMqClient(IConnection connection) : IAsyncDisposable
{
    private static CancellationToken Ct => EventsFixture.Ct;

    /// <summary>Declares a durable queue with a name that nobody else has, and returns the name.</summary>
    public async Task<string> DeclareAsync(string? queue = null, string? boundTo = null)
    {
        queue ??= $"orders-{Guid.NewGuid():N}";
        await using var channel = await OpenAsync();
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: Ct);
        if (boundTo is not null)
        {
            await channel.QueueBindAsync(queue, boundTo, "#", cancellationToken: Ct);
        }

        return queue;
    }

    /// <summary>Declares a durable topic exchange with a name that nobody else has, and returns the name.</summary>
    public async Task<string> DeclareExchangeAsync(string? exchange = null)
    {
        exchange ??= $"events-{Guid.NewGuid():N}";
        await using var channel = await OpenAsync();
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: Ct);
        return exchange;
    }

    public async Task DeleteAsync(string queue)
    {
        await using var channel = await OpenAsync();
        await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, cancellationToken: Ct);
    }

    public Task PublishAsync(string queue, string body, BasicProperties? properties = null) => PublishAsync("", queue, body, properties);

    public async Task PublishAsync(string exchange, string routingKey, string body, BasicProperties? properties = null)
    {
        properties ??= new BasicProperties();
        properties.Persistent = true;
        await using var channel = await OpenAsync(new CreateChannelOptions(true, true));
        await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, Encoding.UTF8.GetBytes(body), Ct);
    }

    /// <summary>Publishes many messages that have nothing but a body, and an id where <paramref name="id"/> gives one.</summary>
    public async Task PublishAsync(string queue, IEnumerable<string> bodies, Func<string, string>? id = null)
    {
        await using var channel = await OpenAsync(new CreateChannelOptions(true, true));
        await Task.WhenAll(bodies.Select(body => channel.BasicPublishAsync(
            "", queue, mandatory: true, new BasicProperties { Persistent = true, MessageId = id?.Invoke(body) }, Encoding.UTF8.GetBytes(body), Ct).AsTask()));
    }

    /// <summary>Messages that no consumer has, and consumers.</summary>
    public async Task<(int Ready, int Consumers)> LookAsync(string queue)
    {
        await using var channel = await OpenAsync();
        var found = await channel.QueueDeclarePassiveAsync(queue, Ct);
        return ((int)found.MessageCount, (int)found.ConsumerCount);
    }

    /// <summary>Waits until so many messages are there that no consumer has.</summary>
    public Task ReadyAsync(string queue, int messages) => Eventually.HoldsAsync(async () => (await LookAsync(queue)).Ready == messages);

    /// <summary>Takes a message away; null when there is none.</summary>
    public async Task<BasicGetResult?> TakeAsync(string queue)
    {
        await using var channel = await OpenAsync();
        return await channel.BasicGetAsync(queue, autoAck: true, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.AbortAsync(TimeSpan.FromSeconds(1));
        await connection.DisposeAsync();
    }

    private Task<IChannel> OpenAsync(CreateChannelOptions? options = null) => connection.CreateChannelAsync(options, Ct);
}
