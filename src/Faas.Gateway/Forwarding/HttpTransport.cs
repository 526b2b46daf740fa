using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.Gateway.Metering;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// HTTP/1.1 to one instance that serves HTTP itself. The function's timeout covers everything up to the end of the answer, except on upgraded
/// connections (WebSockets), which live as long as both sides want. Aborting the request is how the instance learns that nobody waits.
/// </summary>
internal sealed class HttpTransport : IInstanceTransport
{
    private readonly Instance _instance;
    private readonly IHttpForwarder _forwarder;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _invoker;
    private readonly InstanceMeter? _meter;

    public HttpTransport(Instance instance, IHttpForwarder forwarder, TimeProvider clock)
    {
        _instance = instance;
        _forwarder = forwarder;
        _clock = clock;
        _meter = InstanceMeter.TryOpen(instance.Group, clock);
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            // Idle connections are watched, so one that the function closes is noticed; a minute bridges most callers' pauses.
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ConnectCallback = ConnectAsync,
        });
    }

    /// <inheritdoc/>
    public async ValueTask<Forwarded> ForwardAsync(LiveInvocation invocation)
    {
        var http = invocation.Http;
        using var watch = new RunWatch(_clock, _instance.Gone);
        using var run = new HttpRun(invocation, watch, _meter);
        var running = watch.Start(invocation.Route.Timeout, http.RequestAborted);
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && http.Request.Body is not CountedBody)
        {
            http.Request.Body = new CountedBody(http.Request.Body, invocation);
        }

        var error = await _forwarder.SendAsync(http, "http://function", _invoker, WorkerTransformer.Config, new HttpTransformation(invocation, run), running);
        if (error != ForwarderError.None && !invocation.IsRecorded)
        {
            var exception = http.GetForwarderErrorFeature()?.Exception;
            if ((exception is HttpRequestException { InnerException: InstanceUnreachableException } or ObjectDisposedException) && watch.End == RunEnd.None)
            {
                http.Response.Clear();
                http.Features.Set<IForwarderErrorFeature>(null);
                return Forwarded.Unreachable;
            }

            run.End();
            await ClassifyAsync(invocation, watch, error, exception);
        }

        run.End();
        invocation.ReleaseSlot();
        return Forwarded.Done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _invoker.Dispose();   // Waiting connections close now, those in use when they are free.
        _meter?.Dispose();
    }

    private async ValueTask ClassifyAsync(LiveInvocation invocation, RunWatch watch, ForwarderError error, Exception? exception)
    {
        if (invocation.Http.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return;   // Either side hung up: how upgraded connections end.
        }

        switch (watch.End)
        {
            case RunEnd.Timeout:
                invocation.Fail(InvocationError.Timeout, $"the function ran longer than its timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s");
                return;
            case RunEnd.InstanceGone:
                await FailAsLostAsync(invocation);
                return;
        }

        switch (error)
        {
            case var _ when invocation.Http.RequestAborted.IsCancellationRequested:
            case ForwarderError.ResponseBodyClient or ForwarderError.RequestBodyCanceled or ForwarderError.RequestCanceled:
                invocation.Fail(InvocationError.CallerGone, "");
                return;
            case ForwarderError.RequestBodyClient:
                invocation.Fail(InvocationError.BadRequest, exception?.GetBaseException().Message ?? "the request's body cannot be read");
                return;
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded }
            || (error == ForwarderError.ResponseHeaders && exception is not IOException))   // it may have hung up in a short body, which is read with the head
        {
            invocation.Fail(InvocationError.Crashed, $"the function's answer is not one that can be passed on: {exception?.GetBaseException().Message}");
            return;
        }

        await FailAsLostAsync(invocation);
    }

    private async ValueTask FailAsLostAsync(LiveInvocation invocation)
    {
        var end = await InstanceLoss.ReasonAsync(_instance, _clock);
        invocation.Fail(end.Error, end.Detail);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var endpoint = _instance.Endpoint;
        var socket = endpoint.Address.Length == 0
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            EndPoint address = endpoint.Address.Length == 0 ? new UnixDomainSocketEndPoint(endpoint.Socket) : IPEndPoint.Parse(endpoint.Address);
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new InstanceUnreachableException(exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
