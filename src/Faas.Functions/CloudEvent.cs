using System.Text.Json;

namespace Faas.Functions;

/// <summary>
/// A CloudEvent 1.0. As a parameter it is read from an HTTP request in binary mode (attributes in <c>ce-</c> headers) or structured mode
/// (<c>application/cloudevents+json</c>), or from a raw event in the JSON format.
/// </summary>
/// <example>
/// <code>
/// public static void Handle(CloudEvent e)
/// {
///     if (e.Type == "order.placed") { Ship(e.DataAs&lt;Order&gt;()!); }
/// }
/// </code>
/// </example>
public sealed record CloudEvent
{
    /// <summary>Identifies the event within its source.</summary>
    public required string Id { get; init; }

    /// <summary>Where it happened: a URI reference.</summary>
    public required string Source { get; init; }

    /// <summary>What happened: <c>order.placed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What it happened to, within the source.</summary>
    public string? Subject { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Content type of the data; JSON when null.</summary>
    public string? DataContentType { get; init; }

    /// <summary>The data when it is JSON; null otherwise.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The data as bytes: as it was received in binary mode, decoded from <c>data_base64</c>, or the text of <see cref="Data"/>.</summary>
    public ReadOnlyMemory<byte> DataBytes { get; init; }

    /// <summary>Other attributes: lower-case names.</summary>
    public IReadOnlyDictionary<string, string> Extensions { get; init; } = new Dictionary<string, string>();

    /// <summary>The data read from JSON with the web defaults; default when there is none.</summary>
    /// <exception cref="BadEventException">It is not of this shape.</exception>
    public T? DataAs<T>()
    {
        try
        {
            return Data is { } data ? data.Deserialize<T>(JsonSerializerOptions.Web) : default;
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }

    /// <summary>Reads an event from an HTTP request, in binary or structured mode.</summary>
    /// <exception cref="BadEventException">The request carries none.</exception>
    public static CloudEvent FromHttp(HttpEvent request) => CloudEventFormat.FromHttp(request);

    /// <summary>Reads an event in the JSON format.</summary>
    /// <exception cref="BadEventException">It is not one.</exception>
    public static CloudEvent FromJson(ReadOnlyMemory<byte> json) => CloudEventFormat.FromJson(json);
}
