using System.Collections.ObjectModel;

namespace Faas.Events.Brokers;

/// <summary>A message as a broker has it.</summary>
internal sealed record BrokerMessage
{
    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where it came from within the broker: the stream, the queue's routing key, the topic.</summary>
    public required string Subject { get; init; }

    /// <summary>
    /// What the broker, or its sender, knows it by, the same whenever it is delivered. Null when nobody can tell two deliveries of it from two messages: then a delivery
    /// that was cut off is a duplicate later.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>The body's media type; null when it does not say.</summary>
    public string? ContentType { get; init; }

    /// <summary>The attributes of a CloudEvent in binary mode, without the protocol's prefix; empty when it is none.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Its other headers or properties. What can be an attribute's name becomes one.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>When it was sent; null when it does not say.</summary>
    public DateTimeOffset? SentAt { get; init; }
}
