using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using RabbitMQ.Client;

namespace Faas.Events.RabbitMq;

/// <summary>What must be at the broker before a queue can be consumed.</summary>
internal static class RabbitMqQueue
{
    private const string Everything = "#";

    /// <summary>Makes sure that the queue is there, declared and bound where the spec says so, and the exchange for dead letters.</summary>
    /// <exception cref="BrokerException">Something is missing, or the user may not use it.</exception>
    public static async Task PrepareAsync(RabbitMqConnection connection, RabbitMqSpec spec, CancellationToken ct)
    {
        if (spec.Exchange is null)
        {
            await AskAsync(
                connection, channel => channel.QueueDeclarePassiveAsync(spec.Queue, ct), $"there is no queue '{spec.Queue}' at {connection.Place}; declare it, or name an 'exchange' to bind it to", ct);
        }
        else
        {
            await DeclareAsync(connection, spec, spec.Exchange, ct);
        }

        if (spec.DeadLetter is { } deadLetter)
        {
            await AskAsync(
                connection, channel => channel.ExchangeDeclarePassiveAsync(deadLetter, ct),
                $"there is no exchange '{deadLetter}' at {connection.Place}, which 'deadLetter' names; declare it, with a queue bound to it", ct);
        }
    }

    /// <summary>Begins to consume. Returns the consumer's tag.</summary>
    public static async Task<string> ConsumeAsync(RabbitMqConnection connection, IChannel channel, RabbitMqConsumer consumer, RabbitMqSpec spec, CancellationToken ct)
    {
        try
        {
            await channel.BasicQosAsync(0, (ushort)spec.Prefetch, global: false, ct);
            return await channel.BasicConsumeAsync(spec.Queue, autoAck: false, consumer, ct);
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            throw RabbitMqErrors.RefusalOf(exception) is { } refusal
                ? new BrokerException($"queue '{spec.Queue}' at {connection.Place} cannot be consumed: {refusal.ReplyText}", exception)
                : RabbitMqErrors.Lost(exception, connection.Place);
        }
    }

    /// <summary>A queue that is there may have been declared otherwise, as a quorum queue for instance, and is taken as it is.</summary>
    private static async Task DeclareAsync(RabbitMqConnection connection, RabbitMqSpec spec, string exchange, CancellationToken ct)
    {
        if (!await IsThereAsync(connection, spec.Queue, ct))
        {
            await AskAsync(
                connection, channel => channel.QueueDeclareAsync(spec.Queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: ct),
                $"queue '{spec.Queue}' at {connection.Place} cannot be declared", ct);
        }

        await AskAsync(
            connection, channel => channel.QueueBindAsync(spec.Queue, exchange, spec.RoutingKey ?? Everything, cancellationToken: ct),
            $"there is no exchange '{exchange}' at {connection.Place} to bind queue '{spec.Queue}' to; declare it", ct);
    }

    private static async Task<bool> IsThereAsync(RabbitMqConnection connection, string queue, CancellationToken ct)
    {
        var channel = await connection.OpenChannelAsync(null, ct);
        try
        {
            await channel.QueueDeclarePassiveAsync(queue, ct);
            return true;
        }
        catch (Exception exception) when (RabbitMqErrors.RefusalOf(exception)?.ReplyCode == Constants.NotFound)
        {
            return false;
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            throw Refused(exception, connection, $"queue '{queue}'");
        }
    }

    /// <summary>Asks on a channel of its own, as an error closes it.</summary>
    private static async Task AskAsync(RabbitMqConnection connection, Func<IChannel, Task> ask, string whenMissing, CancellationToken ct)
    {
        var channel = await connection.OpenChannelAsync(null, ct);
        try
        {
            await ask(channel);
        }
        catch (Exception exception) when (RabbitMqErrors.Concerns(exception, ct))
        {
            throw RabbitMqErrors.RefusalOf(exception)?.ReplyCode == Constants.NotFound ? new BrokerException(whenMissing, exception) : Refused(exception, connection, "a part of this trigger");
        }
    }

    private static BrokerException Refused(Exception exception, RabbitMqConnection connection, string what) =>
        RabbitMqErrors.RefusalOf(exception) is { } refusal
            ? new BrokerException($"{connection.Place} refuses {what}: {refusal.ReplyText}", exception)
            : RabbitMqErrors.Lost(exception, connection.Place);
}
