using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Faas.Contracts.Invocations;

namespace Faas.Events;

/// <summary>CloudEvents 1.0 as functions are given them: structured mode, JSON format (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).</summary>
public static class CloudEventText
{
    /// <summary>Media type of one event in structured mode.</summary>
    public const string MediaType = "application/cloudevents+json";

    /// <summary>Media type of a JSON array of events in structured mode.</summary>
    public const string BatchMediaType = BatchType + "+json";

    /// <summary>The attribute, property or header that names the trace.</summary>
    public const string TraceParent = "traceparent";

    private const string BatchType = "application/cloudevents-batch";
    private const string BinaryPrefix = "ce-";

    private static readonly string[] Required = ["specversion", "id", "source", "type"];

    /// <summary>An event of these attributes and data: JSON as JSON, text as a string, anything else as base64.</summary>
    public static byte[] Write(IReadOnlyDictionary<string, string> attributes, string? contentType, ReadOnlySpan<byte> data)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in attributes)
            {
                json.WriteString(name, value);
            }

            if (contentType is not null)
            {
                json.WriteString("datacontenttype", contentType);
            }

            WriteContent(json, contentType, data);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The attributes that every event has.</summary>
    public static Dictionary<string, string> Attributes(string id, string source, string type, DateTimeOffset time) => new(StringComparer.Ordinal)
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = source,
        ["type"] = type,
        ["time"] = time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// Reads what somebody has sent over HTTP, a CloudEvent in structured or binary mode or anything else, into one event in structured mode. What is no CloudEvent becomes the data of one with
    /// <paramref name="otherwise"/>'s attributes.
    /// </summary>
    /// <param name="headers">Headers; names in lower case.</param>
    /// <param name="body">The body.</param>
    /// <param name="otherwise">Attributes of what is no CloudEvent.</param>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    public static SentEvent? TryRead(IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body, Dictionary<string, string> otherwise, out string? problem)
    {
        var attributes = headers
            .Where(header => header.Key.StartsWith(BinaryPrefix, StringComparison.Ordinal))
            .ToDictionary(header => header.Key[BinaryPrefix.Length..], header => Uri.UnescapeDataString(header.Value), StringComparer.Ordinal);
        return TryRead(headers.GetValueOrDefault("content-type"), attributes, body, otherwise, out problem);
    }

    /// <summary>The same of a message that came over any protocol.</summary>
    /// <param name="contentType">Its media type; null for none.</param>
    /// <param name="attributes">What its headers or properties say of a CloudEvent in binary mode, without the protocol's prefix.</param>
    /// <param name="body">The body.</param>
    /// <param name="otherwise">Attributes of what is no CloudEvent.</param>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    public static SentEvent? TryRead(
        string? contentType, IReadOnlyDictionary<string, string> attributes, ReadOnlyMemory<byte> body, Dictionary<string, string> otherwise, out string? problem)
    {
        problem = null;
        if (contentType?.StartsWith(BatchType, StringComparison.OrdinalIgnoreCase) == true)
        {
            problem = "a batch of CloudEvents is not taken; send one event at a time";
            return null;
        }

        if (contentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) == true)
        {
            return ReadStructured(body, out problem);
        }

        if (!attributes.ContainsKey("specversion") && !attributes.ContainsKey("id"))
        {
            return new SentEvent(Write(otherwise, contentType, body.Span), otherwise["id"], otherwise["source"], false) { TraceParent = otherwise.GetValueOrDefault(TraceParent) };
        }

        if (Array.Find(Required, name => !attributes.TryGetValue(name, out var value) || value.Length == 0) is { } missing)
        {
            problem = $"the CloudEvent has no '{missing}'; in binary mode the headers ce-specversion, ce-id, ce-source and ce-type say what it is";
            return null;
        }

        return new SentEvent(Write(attributes, contentType, body.Span), attributes["id"], attributes["source"], true) { TraceParent = attributes.GetValueOrDefault(TraceParent) };
    }

    private static SentEvent? ReadStructured(ReadOnlyMemory<byte> body, out string? problem)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            problem = root.ValueKind != JsonValueKind.Object ? "a CloudEvent is a JSON object"
                : Array.Find(Required, name => !root.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String || value.GetString()!.Length == 0) is { } missing
                    ? $"the CloudEvent has no '{missing}', which every CloudEvent has"
                    : null;
            return problem is null ? new SentEvent(body, root.GetProperty("id").GetString()!, root.GetProperty("source").GetString()!, true) { TraceParent = TextOf(root, TraceParent) } : null;
        }
        catch (JsonException exception)
        {
            problem = $"the CloudEvent is not JSON: {exception.Message}";
            return null;
        }
    }

    private static string? TextOf(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void WriteContent(Utf8JsonWriter json, string? contentType, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (IsJsonType(contentType) && IsJson(data))
        {
            json.WritePropertyName("data");
            json.WriteRawValue(data);
        }
        else if (Utf8.IsValid(data))
        {
            json.WriteString("data", data);
        }
        else
        {
            json.WriteBase64String("data_base64", data);
        }
    }

    /// <summary>No type means JSON, as the specification has it.</summary>
    private static bool IsJsonType(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.IsEmpty || type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether <paramref name="data"/> is one JSON value and nothing else.</summary>
    internal static bool IsJson(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>An event that somebody sent.</summary>
/// <param name="Json">It in structured mode.</param>
/// <param name="Id">Its id.</param>
/// <param name="Source">Its source.</param>
/// <param name="IsNamed">Whether its sender has named it: then source and id tell whether another one is the same.</param>
public sealed record SentEvent(ReadOnlyMemory<byte> Json, string Id, string Source, bool IsNamed)
{
    /// <summary>Its <c>traceparent</c>, as CloudEvents' extension for distributed tracing has it; null when it has none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The headers of an invocation that it is given to: what it is, and the trace that it belongs to.</summary>
    /// <param name="contentType">The media type of the body.</param>
    /// <param name="traceParent">Its <c>traceparent</c>; null for none.</param>
    public static IReadOnlyList<HeaderField> HeadersOf(string contentType, string? traceParent) =>
        traceParent is null ? [new("Content-Type", contentType)] : [new("Content-Type", contentType), new(CloudEventText.TraceParent, traceParent)];
}
