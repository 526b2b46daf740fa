using System.Globalization;
using System.Text;
using Faas.Events.Brokers;
using RabbitMQ.Client;

namespace Faas.Events.RabbitMq;

/// <summary>A message as the broker has sent it.</summary>
internal sealed record RabbitMqDelivery
{
    // The prefixes of CloudEvents over AMQP (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md): the second is for clients whose language has no colons.
    private static readonly string[] AttributePrefixes = ["cloudEvents:", "cloudEvents_"];

    /// <summary>The broker's number for it within the channel.</summary>
    public required ulong Tag { get; init; }

    /// <summary>Whether it was sent before, to anybody.</summary>
    public required bool IsRedelivered { get; init; }

    /// <summary>The exchange that it was published to; empty for the default exchange.</summary>
    public required string Exchange { get; init; }

    /// <summary>The routing key that it was published with.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>Its properties and headers.</summary>
    public required IReadOnlyBasicProperties Properties { get; init; }

    /// <summary>Its body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The message for the function.</summary>
    public BrokerMessage ToMessage()
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var properties = PropertiesOf();
        foreach (var (name, value) in Properties.Headers ?? new Dictionary<string, object?>())
        {
            if (TextOf(value) is not { } text)
            {
                continue;
            }

            if (Array.Find(AttributePrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
            {
                attributes[name[prefix.Length..]] = text;
            }
            else
            {
                properties.TryAdd(name, text);
            }
        }

        attributes.Remove("data");
        attributes.Remove("datacontenttype", out var type);   // the content type says it; it must not be said twice
        return new BrokerMessage
        {
            Body = Body,
            Subject = RoutingKey,
            Identity = string.IsNullOrEmpty(Properties.MessageId) ? null : $"{Properties.AppId}\n{Properties.MessageId}",
            ContentType = Properties.ContentType ?? type,
            Attributes = attributes,
            Properties = properties,
            SentAt = Properties.IsTimestampPresent() ? TimeOf(Properties.Timestamp) : null,
        };
    }

    private Dictionary<string, string> PropertiesOf()
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["exchange"] = Exchange,
            ["routingkey"] = RoutingKey,
            ["redelivered"] = IsRedelivered ? "true" : "false",
        };
        Add("priority", Properties.IsPriorityPresent() ? Properties.Priority.ToString(CultureInfo.InvariantCulture) : null);
        Add("correlationid", Properties.CorrelationId);
        Add("replyto", Properties.ReplyTo);
        Add("messageid", Properties.MessageId);
        Add("appid", Properties.AppId);
        Add("messagetype", Properties.Type);
        Add("contentencoding", Properties.ContentEncoding);
        return properties;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                properties[name] = value;
            }
        }
    }

    /// <summary>A header's value as text; null when it is a list, a table or bytes.</summary>
    private static string? TextOf(object? value) => value switch
    {
        byte[] text => Encoding.UTF8.GetString(text),
        bool flag => flag ? "true" : "false",
        AmqpTimestamp time => TimeOf(time)?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>Null when it is none: some clients send milliseconds where seconds belong.</summary>
    private static DateTimeOffset? TimeOf(AmqpTimestamp time) =>
        time.UnixTime >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.UnixTime <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(time.UnixTime) : null;
}
