using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Faas.Functions;

/// <summary>The CloudEvents HTTP binding (binary and structured mode) and JSON format, version 1.0.</summary>
internal static class CloudEventFormat
{
    public static CloudEvent FromHttp(HttpEvent request)
    {
        var contentType = request.Headers["content-type"];
        if (contentType is not null && contentType.StartsWith("application/cloudevents+json", StringComparison.OrdinalIgnoreCase))
        {
            return FromJson(request.Body);
        }

        if (!request.Headers.Contains("ce-id"))
        {
            throw new BadEventException("the request is not a CloudEvent: it has neither ce- headers nor the content type application/cloudevents+json");
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in request.Headers)
        {
            if (name.StartsWith("ce-", StringComparison.OrdinalIgnoreCase))
            {
                attributes[name[3..].ToLowerInvariant()] = Uri.UnescapeDataString(value);
            }
        }

        return Build(attributes, contentType, Json(contentType, request.Body), request.Body);
    }

    public static CloudEvent FromJson(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return FromElement(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }

    private static CloudEvent FromElement(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new BadEventException("a CloudEvent is a JSON object");
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        JsonElement? data = null;
        ReadOnlyMemory<byte> bytes = default;
        foreach (var property in root.EnumerateObject())
        {
            switch (property.Name)
            {
                case "data":
                    data = property.Value.Clone();
                    bytes = Encoding.UTF8.GetBytes(property.Value.GetRawText());
                    break;
                case "data_base64":
                    bytes = property.Value.TryGetBytesFromBase64(out var decoded)
                        ? decoded
                        : throw new BadEventException("the CloudEvent's data_base64 is not base64");
                    break;
                default:
                    attributes[property.Name] = property.Value.ToString();
                    break;
            }
        }

        attributes.Remove("datacontenttype", out var contentType);
        return Build(attributes, contentType, data ?? Json(contentType, bytes), bytes);
    }

    private static CloudEvent Build(Dictionary<string, string> attributes, string? contentType, JsonElement? data, ReadOnlyMemory<byte> bytes)
    {
        attributes.Remove("specversion");
        attributes.Remove("subject", out var subject);
        var id = Required("id");
        var source = Required("source");
        var type = Required("type");
        DateTimeOffset? time = null;
        if (attributes.Remove("time", out var text))
        {
            time = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
                ? parsed
                : throw new BadEventException($"the CloudEvent's time is not a timestamp: '{text}'");
        }

        return new CloudEvent
        {
            Id = id,
            Source = source,
            Type = type,
            Subject = subject,
            Time = time,
            DataContentType = contentType,
            Data = data,
            DataBytes = bytes,
            Extensions = attributes,
        };

        string Required(string name) => attributes.Remove(name, out var value) && value.Length > 0
            ? value
            : throw new BadEventException($"the CloudEvent has no {name}");
    }

    private static JsonElement? Json(string? contentType, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || !IsJson(contentType))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }

    private static bool IsJson(string? contentType)
    {
        var type = contentType is null ? "application/json" : contentType.Split(';')[0].Trim();
        return type.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}
