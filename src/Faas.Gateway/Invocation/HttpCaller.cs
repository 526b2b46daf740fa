using System.Buffers;
using System.IO.Pipelines;
using Faas.Contracts.Invocations;
using Faas.Gateway.Forwarding;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Faas.Gateway.Invocation;

/// <summary>A caller whose request came through ASP.NET.</summary>
internal sealed class HttpCaller(HttpContext http) : Caller
{
    /// <summary>The request.</summary>
    public HttpContext Http => http;

    /// <summary>The connection's own token: a request's (RequestAborted) would be made for each request, and says the same on HTTP/1.1.</summary>
    public override CancellationToken Gone { get; } = http.Features.GetRequiredFeature<IConnectionLifetimeFeature>().ConnectionClosed;

    /// <inheritdoc/>
    public override long? ContentLength => http.Request.ContentLength;

    /// <inheritdoc/>
    public override int? SmallBody { get; } = SmallBodyOf(http);

    /// <inheritdoc/>
    public override int Status => http.Response.StatusCode;

    /// <inheritdoc/>
    public override bool TakesBody =>
        !HttpMethods.IsHead(http.Request.Method) && http.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified);

    /// <inheritdoc/>
    public override bool HasAnswer => http.Response.HasStarted;

    /// <inheritdoc/>
    public override string Method => http.Request.Method;

    /// <inheritdoc/>
    public override bool IsHttps => http.Request.IsHttps;

    /// <inheritdoc/>
    public override string RemoteAddress => WorkerRequestFrames.AddressText(http.Connection.RemoteIpAddress);

    /// <inheritdoc/>
    public override void WriteHeaders(PayloadWriter output, string invocationId, string? traceParent) =>
        WorkerRequestFrames.WriteHeaders(output, http.Request, new PlatformHeaders(invocationId, RemoteAddress, traceParent));

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync(LiveInvocation invocation, TimeProvider clock)
    {
        var length = SmallBody!.Value;
        try
        {
            var reading = http.Request.BodyReader.ReadAtLeastAsync(length, CancellationToken.None);
            if (!reading.IsCompleted)
            {
                // Mostly it is here with the head. What is not counts as the function's time, so that a caller who stalls does not keep a slot for ever.
                using var limit = new CancellationTokenSource(invocation.Route.Timeout, clock);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, Gone);
                await using var registration = stop.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), http.Request.BodyReader);
                var waited = await reading;
                if (waited.IsCanceled)
                {
                    var isLate = limit.IsCancellationRequested;
                    invocation.Fail(isLate ? InvocationError.Timeout : InvocationError.CallerGone,
                        isLate ? $"the request's body did not come within the function's timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s" : "");
                    http.Request.BodyReader.AdvanceTo(waited.Buffer.End);
                    return null;
                }

                return Whole(invocation, waited.Buffer, length);
            }

            return Whole(invocation, (await reading).Buffer, length);
        }
        catch (IOException exception)
        {
            invocation.Fail(RequestBodyPump.FailureOf(exception), exception.Message);
            return null;
        }
    }

    /// <inheritdoc/>
    public override void AdvanceBody(ReadOnlySequence<byte> body, bool isUsed) => http.Request.BodyReader.AdvanceTo(isUsed ? body.End : body.Start);

    /// <inheritdoc/>
    public override bool TryTakeHead(ReadOnlySpan<byte> response, int bodyLength, LiveInvocation invocation)
    {
        WorkerResponseHead.Apply(response, http.Response);
        invocation.MarkResponse(TakesBody ? bodyLength : 0);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> body)
    {
        if (!body.IsEmpty)
        {
            await http.Response.BodyWriter.WriteAsync(body, CancellationToken.None);   // However slowly the caller takes it; one that goes away ends it.
        }
    }

    /// <inheritdoc/>
    public override ValueTask<HttpCaller> ToHttpAsync() => new(this);

    /// <inheritdoc/>
    public override void Abort() => http.Abort();

    /// <inheritdoc/>
    public override void End()
    {
        // The server sees to its connection.
    }

    private ReadOnlySequence<byte>? Whole(LiveInvocation invocation, ReadOnlySequence<byte> body, int length)
    {
        if (body.Length == length)
        {
            return body;
        }

        http.Request.BodyReader.AdvanceTo(body.End);
        invocation.Fail(InvocationError.CallerGone, "the caller closed the connection within the body");
        return null;
    }

    private static int? SmallBodyOf(HttpContext http)
    {
        var length = http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : http.Request.ContentLength;
        return length is <= FrameHeader.BodyPieceMax ? (int)length : null;
    }
}
