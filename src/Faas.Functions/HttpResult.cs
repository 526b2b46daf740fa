using System.Text;
using System.Text.Json;

namespace Faas.Functions;

/// <summary>An HTTP response: return it when status or headers matter, or to stream a body of another content type.</summary>
/// <example>
/// <code>
/// return HttpResult.Json(order, status: 201).WithHeader("Location", $"/orders/{order.Id}");
/// return HttpResult.Stream(Ticks(cancellationToken), "text/event-stream");   // IAsyncEnumerable&lt;string&gt;: each item leaves at once
/// </code>
/// </example>
public sealed class HttpResult
{
    private readonly List<KeyValuePair<string, string>> _headers = [];

    /// <summary>A response with this status, 200 to 599, and without a body.</summary>
    public HttpResult(int status = 200)
        : this(status, null)
    {
    }

    private HttpResult(int status, object? body)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        Status = status;
        Body = body;
    }

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>The headers. A content length is added by the platform.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => _headers;

    /// <summary>Null, <c>byte[]</c>, a <see cref="System.IO.Stream"/>, or an <see cref="IAsyncEnumerable{T}"/>.</summary>
    public object? Body { get; }

    /// <summary>Adds a header; a name may be added several times (<c>Set-Cookie</c>).</summary>
    /// <exception cref="ArgumentException">The name is not a token, or the value has a line break: it would end the response's head.</exception>
    public HttpResult WithHeader(string name, string value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(HeaderText.NameCharacters))
        {
            throw new ArgumentException($"'{name}' is not a header name", nameof(name));
        }

        if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new ArgumentException($"the value of {name} has a line break or a null character", nameof(value));
        }

        _headers.Add(new(name, value));
        return this;
    }

    /// <summary>200 without a body.</summary>
    public static HttpResult Ok() => new(200);

    /// <summary>A value as JSON, with the web defaults.</summary>
    public static HttpResult Json<T>(T value, int status = 200) =>
        new HttpResult(status, JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web)).WithType("application/json");

    /// <summary>Plain text in UTF-8.</summary>
    public static HttpResult Text(string text, int status = 200) =>
        new HttpResult(status, Encoding.UTF8.GetBytes(text)).WithType("text/plain; charset=utf-8");

    /// <summary>An HTML page in UTF-8.</summary>
    public static HttpResult Html(string html, int status = 200) =>
        new HttpResult(status, Encoding.UTF8.GetBytes(html)).WithType("text/html; charset=utf-8");

    /// <summary>Bytes of a content type.</summary>
    public static HttpResult Bytes(byte[] bytes, string contentType = "application/octet-stream", int status = 200) =>
        new HttpResult(status, bytes).WithType(contentType);

    /// <summary>A redirect: 302, or 301 when <paramref name="permanent"/>.</summary>
    public static HttpResult Redirect(string location, bool permanent = false) =>
        new HttpResult(permanent ? 301 : 302).WithHeader("location", location);

    /// <summary>204.</summary>
    public static HttpResult NoContent() => new(204);

    /// <summary>404, with a text if given.</summary>
    public static HttpResult NotFound(string? text = null) => text is null ? new(404) : Text(text, 404);

    /// <summary>400, with what is wrong.</summary>
    public static HttpResult BadRequest(string? text = null) => text is null ? new(400) : Text(text, 400);

    /// <summary>A stream, sent while it is read and disposed afterwards.</summary>
    public static HttpResult Stream(Stream body, string contentType = "application/octet-stream", int status = 200) =>
        new HttpResult(status, body).WithType(contentType);

    /// <summary>
    /// Items as they come, each leaving at once: strings and bytes as they are, anything else as one line of JSON
    /// (<c>application/x-ndjson</c> unless said otherwise).
    /// </summary>
    public static HttpResult Stream<T>(IAsyncEnumerable<T> items, string? contentType = null, int status = 200) =>
        new HttpResult(status, items).WithType(contentType ?? HeaderText.StreamType(typeof(T)));

    /// <summary>A file, streamed. With a <paramref name="downloadName"/> browsers save it instead of showing it.</summary>
    public static HttpResult File(string path, string contentType = "application/octet-stream", string? downloadName = null)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var result = Stream(file, contentType);
        return downloadName is null
            ? result
            : result.WithHeader("content-disposition", $"attachment; filename*=UTF-8''{Uri.EscapeDataString(downloadName)}");
    }

    private HttpResult WithType(string contentType) => WithHeader("content-type", contentType);
}
