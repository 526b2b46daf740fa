using System.Text;
using System.Text.Json;

namespace Faas.Functions;

/// <summary>An HTTP request as a function sees it. Take it as a parameter when the body alone is not enough.</summary>
/// <example>
/// <code>
/// public static HttpResult Handle(HttpEvent request) => request.Method switch
/// {
///     "GET" => HttpResult.Json(Find(request.Query["id"])),
///     "POST" => HttpResult.Json(Add(request.JsonAs&lt;Order&gt;()!), 201),
///     _ => HttpResult.Text("GET or POST", 405),
/// };
/// </code>
/// </example>
public sealed class HttpEvent
{
    private HttpValues? _query;
    private HttpValues? _cookies;

    /// <summary>The method, upper-case: <c>GET</c>.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The path below the function's own, percent-encoded as it was received; at least <c>/</c>.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The query as it was received, without the question mark.</summary>
    public string RawQuery { get; init; } = "";

    /// <summary>The query's values, decoded.</summary>
    public HttpValues Query => _query ??= HttpValues.ParseQuery(RawQuery);

    /// <summary>The headers.</summary>
    public HttpValues Headers { get; init; } = HttpValues.Empty;

    /// <summary>The cookies.</summary>
    public HttpValues Cookies
    {
        get => _cookies ??= HttpValues.ParseCookies(Headers.All("cookie"));
        init => _cookies = value;
    }

    /// <summary>The body; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The caller's address.</summary>
    public string RemoteAddress { get; init; } = "";

    /// <summary>The invocation's id; callers see it as <c>X-Call-Id</c>.</summary>
    public string InvocationId { get; init; } = "";

    /// <summary>The body as text, read as UTF-8.</summary>
    public string BodyAsString() => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The body read as JSON, with the web defaults (camelCase, names without case, numbers may be strings).</summary>
    /// <exception cref="BadEventException">It is not JSON, or not of this shape. Uncaught, it makes the answer the caller's fault.</exception>
    public T? JsonAs<T>()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Body.Span, JsonSerializerOptions.Web);
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }

    /// <summary>Reads a function-URL event (AWS Lambda's payload 2.0) from JSON.</summary>
    /// <exception cref="BadEventException">It is not one.</exception>
    public static HttpEvent FromJson(ReadOnlyMemory<byte> json) => FunctionUrlEvent.Read(json);
}
