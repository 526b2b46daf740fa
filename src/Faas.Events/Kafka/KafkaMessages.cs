using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Confluent.Kafka;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>Reads Kafka's records as messages (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md).</summary>
internal static class KafkaMessages
{
    private const string BinaryPrefix = "ce_";
    private const string ContentType = "content-type";

    /// <summary>A record as a message. Its key, as text or else as base64, is the property <c>partitionkey</c>; one without a value has the property <c>tombstone</c>.</summary>
    public static BrokerMessage Read(ConsumeResult<byte[], byte[]> result)
    {
        var (attributes, headers, contentType) = Sort(result.Message.Headers);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["partition"] = result.Partition.Value.ToString(CultureInfo.InvariantCulture),
            ["offset"] = result.Offset.Value.ToString(CultureInfo.InvariantCulture),
        };
        if (result.Message.Key is { } key)
        {
            properties["partitionkey"] = TextOf(key);
        }

        if (result.Message.Value is null)
        {
            properties["tombstone"] = "true";
        }

        foreach (var (name, value) in headers)
        {
            properties.TryAdd(name, value);
        }

        var timestamp = result.Message.Timestamp;
        return new BrokerMessage
        {
            Body = result.Message.Value ?? [],
            Subject = result.Topic,
            Identity = string.Create(CultureInfo.InvariantCulture, $"{result.Topic}-{result.Partition.Value}-{result.Offset.Value}-{timestamp.UnixTimestampMs}"),
            ContentType = contentType,
            Attributes = attributes,
            Properties = properties,
            SentAt = timestamp.Type == TimestampType.NotAvailable ? null : new DateTimeOffset(timestamp.UtcDateTime),
        };
    }

    /// <summary>Of headers with the same name the last one counts, as it does for Kafka's own clients.</summary>
    private static (Dictionary<string, string> Attributes, Dictionary<string, string> Headers, string? ContentType) Sort(Headers? all)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        string? contentType = null;
        foreach (var header in all ?? [])
        {
            var value = TextOf(header.GetValueBytes() ?? []);
            if (header.Key.Equals(ContentType, StringComparison.OrdinalIgnoreCase))
            {
                contentType = value;
            }
            else if (header.Key.StartsWith(BinaryPrefix, StringComparison.Ordinal))
            {
                attributes[header.Key[BinaryPrefix.Length..]] = value;
            }
            else
            {
                headers[header.Key] = value;
            }
        }

        return (attributes, headers, contentType);
    }

    private static string TextOf(byte[] bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes);
}
