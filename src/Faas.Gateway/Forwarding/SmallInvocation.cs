using System.Buffers;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>One invocation whose request is small: over the shared connection, one send and one wait; only an answer that turns out to be long goes on elsewhere.</summary>
internal readonly struct SmallInvocation(WorkerTransport transport, LiveInvocation invocation, int bodyLength)
{
    /// <summary>See <see cref="IInstanceTransport.ForwardAsync"/>.</summary>
    public async ValueTask<Forwarded> ForwardAsync()
    {
        var shared = await transport.SharedAsync();
        if (shared is null)
        {
            return Forwarded.Unreachable;
        }

        var body = ReadOnlySequence<byte>.Empty;
        if (bodyLength > 0)
        {
            if (await ReadBodyAsync() is not { } read)
            {
                invocation.ReleaseSlot();
                return Forwarded.Done;
            }

            body = read;
        }

        var exchange = shared.Begin(invocation, transport.NextStream(), body);
        var outcome = exchange is null ? SharedOutcome.Refused : await exchange.Outcome;
        if (bodyLength > 0)
        {
            // A function that has not begun has not seen it, and the next one needs it.
            invocation.Http.Request.BodyReader.AdvanceTo(outcome is SharedOutcome.Refused or SharedOutcome.GivenBack ? body.Start : body.End);
        }

        if (outcome is SharedOutcome.Refused or SharedOutcome.GivenBack)
        {
            return outcome == SharedOutcome.Refused ? Forwarded.Unreachable : Forwarded.GivenBack;
        }

        invocation.AddBytesIn(bodyLength);
        try
        {
            await FinishAsync(exchange!, outcome);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            invocation.Fail(InvocationError.CallerGone, "");
        }

        return Forwarded.Done;
    }

    private async ValueTask FinishAsync(SharedExchange exchange, SharedOutcome outcome)
    {
        switch (outcome)
        {
            case SharedOutcome.Answered:
                if (TryTakeHead(exchange))
                {
                    await AnswerAsync(exchange);
                }

                break;
            case SharedOutcome.Failed:
                TakeFailure(exchange);
                break;
            case SharedOutcome.Moved:
                var left = transport.Clock.GetElapsedTime(transport.Clock.GetTimestamp(), exchange.Deadline);
                await transport.TakeMovedAsync(invocation, exchange.Stream, left > TimeSpan.Zero ? left : TimeSpan.Zero);
                break;
            case SharedOutcome.TimedOut:
                invocation.Fail(InvocationError.Timeout, $"the function ran longer than its timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s");
                break;
            case SharedOutcome.CallerGone:
                invocation.Fail(InvocationError.CallerGone, "");
                break;
            default:
                await LoseAsync();
                break;
        }
    }

    /// <summary>Puts status and headers on the caller's response. False when that cannot be.</summary>
    private bool TryTakeHead(SharedExchange exchange)
    {
        try
        {
            WorkerResponseHead.Apply(exchange.Head.Span, invocation.Http.Response);
            invocation.MarkResponse();
            return true;
        }
        catch (InvalidOperationException exception)
        {
            Fail(exchange, $"the function's answer cannot be sent: {exception.Message}");
        }
        catch (WorkerProtocolException exception)
        {
            Condemn(exchange, exception);
        }

        return false;
    }

    /// <summary>The record is written and the slot free before the answer leaves, which is before the caller can send its next request.</summary>
    private async ValueTask AnswerAsync(SharedExchange exchange)
    {
        var response = invocation.Http.Response;
        var hasBody = exchange.Body.Length > 0 && !HttpMethods.IsHead(invocation.Http.Request.Method)
            && response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified);
        if (hasBody)
        {
            invocation.AddBytesOut(exchange.Body.Length);
        }

        invocation.Record(response.StatusCode);
        invocation.ReleaseSlot();
        if (hasBody)
        {
            await response.BodyWriter.WriteAsync(exchange.Body, CancellationToken.None);   // However slowly the caller takes it; one that goes away ends it.
        }

        exchange.FreeAnswer();
    }

    private void TakeFailure(SharedExchange exchange)
    {
        try
        {
            WorkerFailure.Apply(exchange.Head.Span, invocation);
            exchange.FreeAnswer();
            invocation.ReleaseSlot();
        }
        catch (Exception exception) when (exception is WorkerProtocolException or JsonException)
        {
            Condemn(exchange, exception);
        }
    }

    private void Condemn(SharedExchange exchange, Exception exception)
    {
        transport.Instance.Gate.Condemn(transport.Instance, $"it broke the worker protocol: {exception.Message}");
        Fail(exchange, $"the instance broke the worker protocol: {exception.Message}");
    }

    private void Fail(SharedExchange exchange, string detail)
    {
        invocation.Fail(InvocationError.Crashed, detail);
        exchange.FreeAnswer();
        invocation.ReleaseSlot();
    }

    private async ValueTask LoseAsync()
    {
        if (invocation.Error == InvocationError.None)
        {
            var end = await InstanceLoss.ReasonAsync(transport.Instance, transport.Clock);
            invocation.Fail(end.Error, end.Detail);
        }

        invocation.ReleaseSlot();
    }

    /// <summary>The whole body, still in the reader; null when the caller did not send it, and the invocation says why.</summary>
    private async ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync()
    {
        var http = invocation.Http;
        try
        {
            var reading = http.Request.BodyReader.ReadAtLeastAsync(bodyLength, CancellationToken.None);
            if (!reading.IsCompleted)
            {
                // Mostly it is here with the head. What is not counts as the function's time, so that a caller who stalls does not keep a slot for ever.
                using var limit = new CancellationTokenSource(invocation.Route.Timeout, transport.Clock);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, invocation.CallerGone);
                await using var registration = stop.Token.UnsafeRegister(static reader => ((System.IO.Pipelines.PipeReader)reader!).CancelPendingRead(), http.Request.BodyReader);
                var waited = await reading;
                if (waited.IsCanceled)
                {
                    var isLate = limit.IsCancellationRequested;
                    invocation.Fail(isLate ? InvocationError.Timeout : InvocationError.CallerGone,
                        isLate ? $"the request's body did not come within the function's timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s" : "");
                    http.Request.BodyReader.AdvanceTo(waited.Buffer.End);
                    return null;
                }

                return Whole(waited.Buffer);
            }

            return Whole((await reading).Buffer);
        }
        catch (IOException exception)
        {
            invocation.Fail(RequestBodyPump.FailureOf(exception), exception.Message);
            return null;
        }
    }

    private ReadOnlySequence<byte>? Whole(ReadOnlySequence<byte> body)
    {
        if (body.Length == bodyLength)
        {
            return body;
        }

        invocation.Http.Request.BodyReader.AdvanceTo(body.End);
        invocation.Fail(InvocationError.CallerGone, "the caller closed the connection within the body");
        return null;
    }
}
