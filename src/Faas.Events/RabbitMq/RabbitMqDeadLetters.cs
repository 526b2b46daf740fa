using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Faas.Events.RabbitMq;

/// <summary>The exchange for messages whose invocations failed for good. They keep their routing key, properties and headers.</summary>
internal sealed class RabbitMqDeadLetters : IDisposable
{
    /// <summary>A broker that is short of memory or disk confirms nothing until it has some again.</summary>
    private static readonly TimeSpan ConfirmWithin = TimeSpan.FromSeconds(30);

    // Copies' routing keys are the sender's business, and were served when the message was published.
    private static readonly string[] LeftOut = ["CC", "BCC"];

    private readonly IChannel _channel;
    private readonly string _exchange;
    private readonly string _queue;
    private readonly string _place;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);   // a channel publishes one message after the other

    private RabbitMqDeadLetters(IChannel channel, string exchange, string queue, string place, TimeProvider time) =>
        (_channel, _exchange, _queue, _place, _time) = (channel, exchange, queue, place, time);

    /// <summary>Opens the channel that dead letters are published on, whose messages the broker confirms.</summary>
    public static async Task<RabbitMqDeadLetters> OpenAsync(RabbitMqConnection connection, RabbitMqSpec spec, TimeProvider time, CancellationToken ct)
    {
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        return new RabbitMqDeadLetters(await connection.OpenChannelAsync(options, ct), spec.DeadLetter!, spec.Queue, connection.Place, time);   // opened only where it is set
    }

    /// <summary>Where <paramref name="delivery"/> goes if it fails.</summary>
    public IDeadLetterPlace Of(RabbitMqDelivery delivery) => new Place(this, delivery);

    public void Dispose() => _turn.Dispose();

    private async Task PutAsync(RabbitMqDelivery delivery, string? invocation, string reason, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        using var limit = new CancellationTokenSource(ConfirmWithin, _time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await _channel.BasicPublishAsync(_exchange, delivery.RoutingKey, mandatory: true, PropertiesOf(delivery, invocation, reason), delivery.Body, waiting.Token);
        }
        catch (PublishException exception) when (exception.IsReturn)
        {
            throw new BrokerException(
                $"no queue takes dead letters with the routing key '{delivery.RoutingKey}' from exchange '{_exchange}' at {_place}; bind one to it. The message is not acknowledged", exception);
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            var why = limit.IsCancellationRequested ? $"it was not confirmed within {ConfirmWithin.TotalSeconds:N0} s" : RabbitMqErrors.RefusalOf(exception)?.ReplyText ?? exception.Message;
            throw new BrokerException($"a dead letter could not be published to exchange '{_exchange}' at {_place}: {why}. The message is not acknowledged", exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    private BasicProperties PropertiesOf(RabbitMqDelivery delivery, string? invocation, string reason)
    {
        var properties = new BasicProperties(delivery.Properties) { Persistent = true };
        properties.ClearExpiration();   // a dead letter shall not be gone before somebody has seen it
        properties.ClearUserId();       // the broker takes only the user's own
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in delivery.Properties.Headers ?? new Dictionary<string, object?>())
        {
            if (Array.IndexOf(LeftOut, name) < 0)
            {
                headers[name] = value;
            }
        }

        headers["x-faas-error"] = reason;
        headers["x-faas-queue"] = _queue;
        if (invocation is not null)
        {
            headers["x-faas-invocation"] = invocation;
        }

        properties.Headers = headers;
        return properties;
    }

    /// <summary>One message's place: what it was before it was a message of any broker is needed to publish it as it was.</summary>
    private sealed class Place(RabbitMqDeadLetters deadLetters, RabbitMqDelivery delivery) : IDeadLetterPlace
    {
        public Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct) => deadLetters.PutAsync(delivery, invocation, reason, ct);
    }
}
