using System.Net;
using Faas.Gateway.Invocation;
using Faas.Gateway.Tracing;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>What changes between the caller's request and the one that a function serving HTTP sees, and back.</summary>
internal sealed class HttpTransformation(LiveInvocation invocation, HttpRun run) : HttpTransformer
{
    /// <summary>A longer body passes as it comes. A shorter one goes out with its head, which then says what the invocation cost.</summary>
    private const int ShortBodyMax = 64 * 1024;

    // Percent-encoding stays as the caller wrote it.
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <inheritdoc/>
    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var request = httpContext.Request;
        var query = invocation.Query.Length > 0 ? "?" + invocation.Query : "";
        proxyRequest.RequestUri = new Uri(string.Concat(destinationPrefix, invocation.Path, query), Verbatim);
        var hasOptions = HeaderRules.HasConnectionOptions(request);
        foreach (var (name, values) in request.Headers)
        {
            if (invocation.Trace is not null && name.Equals(TraceParent.Name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (HeaderRules.ReachesFunction(name) && !(hasOptions && HeaderRules.IsNamedByConnection(request, name)) && !ForwardedHeaders.IsReplaced(name))
            {
                Add(proxyRequest, name, values);
            }
        }

        if (proxyRequest.Content is { } content && request.ContentLength is { } length)
        {
            content.Headers.ContentLength = length;
        }

        var headers = proxyRequest.Headers;
        headers.Host = request.Headers[HeaderNames.Host].ToString() is { Length: > 0 } host ? host : null;
        headers.TryAddWithoutValidation("X-Forwarded-For", ForwardedHeaders.For(request, WorkerRequestFrames.AddressText(httpContext.Connection.RemoteIpAddress)));
        headers.TryAddWithoutValidation("X-Forwarded-Proto", ForwardedHeaders.Proto(request));
        headers.TryAddWithoutValidation("X-Forwarded-Host", ForwardedHeaders.Host(request));
        headers.TryAddWithoutValidation(HeaderRules.CallId, invocation.Id);
        if (invocation.Trace is { } trace)
        {
            headers.TryAddWithoutValidation(TraceParent.Name, trace.Parent);
        }

        return default;
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }

        var response = httpContext.Response;
        foreach (var (name, values) in proxyResponse.Headers.NonValidated)
        {
            Copy(response, name, values);
        }

        foreach (var (name, values) in proxyResponse.Content.Headers.NonValidated)
        {
            Copy(response, name, values);
        }

        if (proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            invocation.MarkResponse();
            run.Upgrade();
            return true;
        }

        var length = proxyResponse.Headers.TransferEncodingChunked == true ? null : proxyResponse.Content.Headers.ContentLength;
        if (length is not null && proxyResponse.StatusCode != HttpStatusCode.NoContent)
        {
            response.ContentLength = length;
        }

        var isBodyless = length == 0 || proxyResponse.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified || HttpMethods.IsHead(httpContext.Request.Method);
        if (!isBodyless && length is not <= ShortBodyMax)
        {
            invocation.MarkResponse();
            proxyResponse.Content = new CountedAnswer(proxyResponse.Content, length ?? -1, invocation, run.End);
            return true;
        }

        var body = isBodyless ? [] : new byte[(int)length!];
        if (!isBodyless)
        {
            await (await proxyResponse.Content.ReadAsStreamAsync(cancellationToken)).ReadExactlyAsync(body, cancellationToken);
        }

        invocation.AddBytesOut(body.Length);
        run.End();
        invocation.MarkResponse(body.Length);
        run.End(response.StatusCode);
        var content = proxyResponse.Content;
        proxyResponse.Content = new ByteArrayContent(body);
        content.Dispose();
        return true;
    }

    private static void Add(HttpRequestMessage request, string name, Microsoft.Extensions.Primitives.StringValues values)
    {
        foreach (var value in values)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    private static void Copy(HttpResponse response, string name, System.Net.Http.Headers.HeaderStringValues values)
    {
        if (!HeaderRules.ReachesCaller(name))
        {
            return;
        }

        foreach (var value in values)
        {
            response.Headers.Append(name, value);
        }
    }
}
