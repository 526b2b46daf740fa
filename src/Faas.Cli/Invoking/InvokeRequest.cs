using System.Net.Http.Headers;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Invoking;

/// <summary>What <c>faas invoke</c> sends.</summary>
/// <param name="Body">The body; null when none was given.</param>
/// <param name="IsJson">Whether it is sent as JSON whatever headers say.</param>
/// <param name="Method">HTTP-style only: the method; null for GET, or POST with a body.</param>
/// <param name="Path">HTTP-style only: what follows the function's address.</param>
/// <param name="Headers">HTTP-style only.</param>
/// <param name="Order">How it is to be run.</param>
internal sealed record InvokeRequest(byte[]? Body, bool IsJson, string? Method, string? Path, IReadOnlyList<HeaderField> Headers, AsyncOrder Order)
{
    private const string OverHttp = "--method, --path or --header send it as it is over HTTP";

    /// <summary>Whether it goes through the public address as a caller's request would, rather than as an event through the management API.</summary>
    public bool IsHttpStyle => Method is not null || Path is not null || Headers.Count > 0;

    /// <summary>What its address at the public address begins with.</summary>
    public string PublicPrefix => Order.IsAsync ? "/async-function/" : "/function/";

    /// <summary>The body as a JSON event; an empty object when there is none.</summary>
    public ByteArrayContent ToEvent()
    {
        var body = Body ?? "{}"u8.ToArray();
        JsonBody.Check(body, OverHttp);
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    public HttpRequestMessage ToHttp(Uri functionUrl)
    {
        var request = new HttpRequestMessage(new HttpMethod(Method ?? (Body is null ? "GET" : "POST")), Append(functionUrl));
        if (Body is not null)
        {
            if (IsJson)
            {
                JsonBody.Check(Body, OverHttp);
            }

            request.Content = new ByteArrayContent(Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(IsJson ? "application/json" : "text/plain");
        }

        foreach (var (name, value) in (IEnumerable<HeaderField>)[.. Headers, .. Order.Headers])
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                // Content headers need a content to sit on.
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.Remove(name);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    /// <summary>The address with <see cref="Path"/> behind it: <c>/a/b?x=1</c>, <c>a/b</c> or <c>?x=1</c>.</summary>
    private Uri Append(Uri functionUrl)
    {
        var path = Path ?? "";
        return new Uri(functionUrl.ToString().TrimEnd('/') + (path.Length == 0 || path[0] is '/' or '?' ? path : "/" + path));
    }
}
