using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>For handlers there is nothing to transform: the exchange writes frames from the caller's request and headers to the caller's response itself.</summary>
internal sealed class WorkerTransformer : HttpTransformer
{
    /// <summary>Where YARP thinks it sends.</summary>
    public const string Destination = "http://worker";

    /// <summary>The only instance; it has no state.</summary>
    public static readonly WorkerTransformer Instance = new();

    /// <summary>No activity timeout: the function's own timeout ends an invocation, and a stream may pause as long as that allows.</summary>
    public static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static readonly Uri Address = new(Destination);

    /// <inheritdoc/>
    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        proxyRequest.RequestUri = Address;
        return default;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken) =>
        new(proxyResponse is not null);

    /// <inheritdoc/>
    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => default;
}
