using System.Text;
using System.Text.Json;

namespace Faas.Functions;

/// <summary>Reads AWS Lambda's function-URL event, payload version 2.0, into an <see cref="HttpEvent"/>.</summary>
internal static class FunctionUrlEvent
{
    public static HttpEvent Read(ReadOnlyMemory<byte> json) => FromEvent(json)
        ?? throw new BadEventException("the event is not a function-URL event: it has no requestContext.http.method");

    /// <summary>The event, or null when <paramref name="json"/> is some other JSON.</summary>
    public static HttpEvent? FromEvent(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return TryRead(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }

    /// <summary>The event, or null when <paramref name="root"/> does not look like one.</summary>
    private static HttpEvent? TryRead(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("requestContext", out var context) || context.ValueKind != JsonValueKind.Object
            || !context.TryGetProperty("http", out var http) || http.ValueKind != JsonValueKind.Object
            || Text(http, "method") is not { } method)
        {
            return null;
        }

        return new HttpEvent
        {
            Method = method.ToUpperInvariant(),
            Path = Text(root, "rawPath") ?? Text(http, "path") ?? "/",
            RawQuery = Text(root, "rawQueryString") ?? "",
            Headers = Headers(root),
            Cookies = Cookies(root),
            Body = Body(root),
            RemoteAddress = Text(http, "sourceIp") ?? "",
            InvocationId = Text(context, "requestId") ?? "",
        };
    }

    private static HttpValues Headers(JsonElement root)
    {
        if (!root.TryGetProperty("headers", out var headers) || headers.ValueKind != JsonValueKind.Object)
        {
            return HttpValues.Empty;
        }

        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var header in headers.EnumerateObject())
        {
            pairs.Add(new(header.Name, header.Value.ToString()));
        }

        return new HttpValues(pairs);
    }

    private static HttpValues Cookies(JsonElement root) =>
        root.TryGetProperty("cookies", out var cookies) && cookies.ValueKind == JsonValueKind.Array
            ? HttpValues.ParseCookies(cookies.EnumerateArray().Select(cookie => cookie.ToString()))
            : HttpValues.Empty;

    private static byte[] Body(JsonElement root)
    {
        if (Text(root, "body") is not { } body)
        {
            return [];
        }

        if (!root.TryGetProperty("isBase64Encoded", out var encoded) || encoded.ValueKind != JsonValueKind.True)
        {
            return Encoding.UTF8.GetBytes(body);
        }

        try
        {
            return Convert.FromBase64String(body);
        }
        catch (FormatException exception)
        {
            throw new BadEventException("the event says isBase64Encoded, but its body is not base64", exception);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
