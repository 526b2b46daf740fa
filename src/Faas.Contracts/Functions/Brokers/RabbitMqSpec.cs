namespace Faas.Contracts.Functions;

/// <summary>A RabbitMQ queue whose messages invoke the function. A message is acknowledged once its invocation has ended.</summary>
public sealed record RabbitMqSpec
{
    /// <summary><c>amqp://[user[:password]@]host[:port][/virtual-host]</c>, or <c>amqps://</c> for TLS. May name secrets (<see cref="SecretText"/>).</summary>
    public required string Url { get; init; }

    /// <summary>The queue. It must be there, unless <see cref="Exchange"/> is set.</summary>
    public required string Queue { get; init; }

    /// <summary>An exchange that the queue is bound to; the queue is declared (durable) if it is not there. Default null: the queue is taken as it is.</summary>
    public string? Exchange { get; init; }

    /// <summary>With what the queue is bound. Default null: <c>#</c>, everything of a topic exchange.</summary>
    public string? RoutingKey { get; init; }

    /// <summary>Messages under way at the same time, which is what the broker sends ahead of acknowledgements, 1 to 1,000. Default 20.</summary>
    public int Prefetch { get; set; } = 20;

    /// <summary>An exchange for messages whose invocations fail for good; they keep their routing key. Default null: they are the platform's dead letters (<c>faas dlq</c>).</summary>
    public string? DeadLetter { get; init; }
}
