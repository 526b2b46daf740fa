using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using StackExchange.Redis;

namespace Faas.Events.RedisStreams;

/// <summary>
/// What an entry's fields mean, as streams have no convention for it. Fields that begin with <c>ce-</c>, <c>ce_</c> or <c>cloudEvents:</c> are the attributes of a CloudEvent whose data is in the
/// field <c>data</c>. One field alone, if it has one of the usual names, is the body; any others are a JSON object of texts. A field <c>content-type</c> or <c>datacontenttype</c> says what the body is.
/// </summary>
internal static class EntryMessages
{
    private static readonly string[] Prefixes = ["ce-", "ce_", "cloudEvents:"];
    private static readonly string[] Bodies = ["data", "body", "payload", "message", "event"];
    private static readonly string[] Types = ["content-type", "datacontenttype"];

    /// <summary>The message that an entry is.</summary>
    /// <param name="stream">The stream's key.</param>
    /// <param name="id">The entry's id.</param>
    /// <param name="fields">Its fields.</param>
    public static BrokerMessage Of(string stream, string id, IReadOnlyList<NameValueEntry> fields)
    {
        var message = new BrokerMessage
        {
            Body = ReadOnlyMemory<byte>.Empty,
            Subject = stream,
            Identity = id,
            SentAt = StreamGroup.TimeOf(id),
            Properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["entryid"] = id },
        };
        var type = fields.Where(field => Types.Contains((string)field.Name!)).Select(field => (string?)field.Value).FirstOrDefault();
        var attributes = AttributesOf(fields);
        if (attributes.ContainsKey("id") || attributes.ContainsKey("specversion"))
        {
            type ??= attributes.GetValueOrDefault("datacontenttype");
            attributes.Remove("datacontenttype");
            return message with { Attributes = attributes, ContentType = type, Body = fields.Where(field => field.Name == "data").Select(field => (byte[])field.Value!).LastOrDefault([]) };
        }

        var rest = fields.Where(field => !Types.Contains((string)field.Name!)).ToList();
        if (rest is [var only] && Bodies.Contains((string)only.Name!))
        {
            var body = (byte[])only.Value!;   // a field always has a value
            return message with { Body = body, ContentType = type ?? RedisBody.TypeOf(body) };
        }

        return message with { Body = Write(fields), ContentType = "application/json" };
    }

    private static Dictionary<string, string> AttributesOf(IReadOnlyList<NameValueEntry> fields)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            var name = (string)field.Name!;
            if (Array.Find(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is { } prefix && name.Length > prefix.Length)
            {
                attributes[name[prefix.Length..].ToLowerInvariant()] = (string)field.Value!;
            }
        }

        return attributes;
    }

    /// <summary>An object of texts. What is no text is there as base64, as <c>{name}_base64</c>; of fields with the same name the last one counts.</summary>
    private static ReadOnlyMemory<byte> Write(IReadOnlyList<NameValueEntry> fields)
    {
        var last = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            last[Encoding.UTF8.GetString((byte[])field.Name!)] = (byte[])field.Value!;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var (name, value) in last)
        {
            if (Utf8.IsValid(value))
            {
                json.WriteString(name, value);
            }
            else
            {
                json.WriteBase64String(name + "_base64", value);
            }
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
