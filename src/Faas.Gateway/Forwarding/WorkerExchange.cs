using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Http.Features;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// One invocation on one data connection: sends the request, reads the answer's head and body, and sees that the connection and the slot go back
/// when the worker says End. Used by one flow at a time; only the body pump sends beside it.
/// </summary>
internal sealed class WorkerExchange(WorkerTransport transport, WorkerConnection connection, LiveInvocation invocation, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Of an answer in memory: what a core's cache holds, and two blocks of the server's array pool.</summary>
    private const int CopiedMax = 128 * 1024;

    private RequestBodyPump? _pump;
    private long _bodyLeft;
    private int _frameLeft;
    private int _status;
    private TimeSpan _timeLeft;
    private bool _isSent;
    private bool _isBroken;
    private bool _isAnswered;
    private bool _hasEnded;

    /// <summary>The wait for the worker's End that goes on without the caller. It ends by itself, within the function's timeout and two seconds, and throws nothing.</summary>
    public Task Tail { get; private set; } = Task.CompletedTask;

    private Instance Instance => invocation.Instance!;

    private HttpContext Http => invocation.Http;

    /// <summary>
    /// Whether the answer's length is known, so that it can be copied without a forwarder. Valid after <see cref="BeginAsync"/>.
    /// </summary>
    public bool IsBounded => _isAnswered || _bodyLeft != long.MaxValue;

    /// <summary>Whether it could have gone over a shared connection. Valid after <see cref="BeginAsync"/>.</summary>
    public bool IsSmall => _isAnswered || _bodyLeft <= FrameHeader.BodyPieceMax;

    /// <summary>Sends the request and returns once the head of the answer is here and on the caller's response.</summary>
    /// <exception cref="ExchangeFailedException">The invocation failed; the reason is on it.</exception>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SendRequestAsync(cancellationToken);
            await ReadHeadAsync(_pump?.Linked(cancellationToken) ?? cancellationToken);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await FailAsync(exception);
            throw new ExchangeFailedException(exception);
        }
    }

    /// <summary>As <see cref="BeginAsync"/>, for an invocation that runs already: takes its answer over this connection, which must be new.</summary>
    /// <exception cref="ExchangeFailedException">The invocation failed; the reason is on it.</exception>
    public async ValueTask TakeAsync(uint stream, CancellationToken cancellationToken)
    {
        try
        {
            connection.Take(stream);
            _isSent = true;
            await connection.FlushAsync(cancellationToken);
            await ReadHeadAsync(cancellationToken);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await FailAsync(exception);
            throw new ExchangeFailedException(exception);
        }
    }

    /// <summary>
    /// Copies a bounded answer to the caller, straight from the worker's socket into what the server sends. What is here leaves before anything more is waited for, and no more is
    /// read before the caller has taken most of that.
    /// </summary>
    /// <exception cref="ExchangeFailedException">The invocation failed; the reason is on it.</exception>
    public async ValueTask CopyAsync(CancellationToken cancellationToken)
    {
        var response = Http.Response;
        while (!_isAnswered)
        {
            await ReadBodyAsync(Memory<byte>.Empty, cancellationToken);   // First, so that a failure before the first byte can still be told.
            await response.StartAsync(cancellationToken);                 // Before GetMemory: the server copies once more what it gets earlier.
            var memory = response.BodyWriter.GetMemory((int)Math.Min(_bodyLeft, CopiedMax));
            response.BodyWriter.Advance(await ReadBodyAsync(memory, cancellationToken));
            await response.BodyWriter.FlushAsync(cancellationToken);      // The server flushes an answer's end by itself only if nothing was flushed before.
        }
    }

    /// <summary>The answer as YARP wants it: its headers are on the caller's response already, its status is to be copied, its body is read as it comes.</summary>
    public HttpResponseMessage Answer() => new((HttpStatusCode)_status) { Content = new WorkerAnswerContent(this) };

    /// <summary>
    /// Reads the answer's body; 0 at its end. When what it returns completes the answer, the usage record is written and, if the worker's End is
    /// here already, the slot is free, before it returns. An empty destination waits until the next piece has begun to come.
    /// </summary>
    public async ValueTask<int> ReadBodyAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (_isAnswered)
        {
            return 0;
        }

        try
        {
            var linked = _pump?.Linked(cancellationToken) ?? cancellationToken;
            if (destination.IsEmpty)
            {
                while (_frameLeft == 0 && await NextFrameAsync(mayWait: true, linked))
                {
                }

                return 0;
            }

            return await ReadPiecesAsync(destination, linked);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await FailAsync(exception);
            throw new ExchangeFailedException(exception);
        }
    }

    /// <summary>After the answer was forwarded or has failed: hands over what is left to be waited for.</summary>
    public ValueTask DisposeAsync() => _hasEnded && _pump is null ? ValueTask.CompletedTask : SettleSlowlyAsync();

    private async ValueTask SettleSlowlyAsync()
    {
        var isBodySent = true;
        if (_pump is not null)
        {
            isBodySent = await _pump.StopAsync();
            _pump.Dispose();
        }

        if (_hasEnded || _isBroken || !_isSent)
        {
            if (_hasEnded && isBodySent)
            {
                transport.Return(connection);
            }
            else
            {
                connection.Dispose();
            }

            invocation.ReleaseSlot();
            return;
        }

        var reason = invocation.Error == InvocationError.Timeout ? CancelReason.Timeout : CancelReason.CallerGone;
        var isCancelled = !_isAnswered && invocation.Failure is null;
        var left = _isAnswered ? _timeLeft : connection.Watch.Left;
        connection.Watch.Stop();
        var tail = new ExchangeTail(connection, invocation, _frameLeft, left, isCancelled ? reason : null, new RequestBodyState(isBodySent, _pump?.IsAtBoundary ?? true));
        Tail = transport.FinishAsync(tail, connection, invocation);
    }

    private async ValueTask SendRequestAsync(CancellationToken cancellationToken)
    {
        var request = Http.Request;
        var output = connection.Output;
        var length = request.ContentLength;
        var hasBody = length != 0 && Http.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };
        WorkerRequestFrames.WriteHead(output, invocation, connection.Stream, hasBody ? length ?? -1 : 0, hasBody);
        _isSent = true;
        await connection.FlushAsync(cancellationToken);
        if (hasBody)
        {
            _pump = new RequestBodyPump(connection, invocation);
            _pump.Start(cancellationToken);
        }
    }

    private async ValueTask ReadHeadAsync(CancellationToken cancellationToken)
    {
        var header = CheckStream(await connection.PeekWholeAsync(cancellationToken));
        if (header.Type == FrameType.Failure)
        {
            TakeFailure(header);
            throw new ExchangeFailedException(null);
        }

        if (header.Type != FrameType.Response)
        {
            throw new WorkerProtocolException($"it answered with {header.Type} where Response was due");
        }

        var head = WorkerResponseHead.Apply(connection.PayloadOf(header), Http.Response);
        connection.Skip(FrameHeader.Length + header.PayloadLength);
        _status = head.Status;
        _bodyLeft = head.ContentLength < 0 ? long.MaxValue : head.ContentLength;
        invocation.MarkResponse();
        if (head.ContentLength == 0 || head.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified || HttpMethods.IsHead(Http.Request.Method))
        {
            CompleteAnswer();
        }
    }

    private async ValueTask<int> ReadPiecesAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < destination.Length)
        {
            if (_frameLeft == 0)
            {
                if (count > 0 && !connection.TryPeek(out _))
                {
                    break;
                }

                if (!await NextFrameAsync(count == 0, cancellationToken))
                {
                    break;
                }

                continue;
            }

            var room = destination.Slice(count, (int)Math.Min(Math.Min(destination.Length - count, _frameLeft), _bodyLeft));
            // A worker sends a frame as a whole, so the rest of one that has begun is here or about to be.
            var read = connection.Buffered.IsEmpty ? await connection.ReceiveAsync(room, cancellationToken) : connection.CopyTo(room.Span);
            count += read;
            _frameLeft -= read;
            invocation.AddBytesOut(read);
            if (_bodyLeft != long.MaxValue && (_bodyLeft -= read) == 0)
            {
                CompleteAnswer();
                break;
            }
        }

        return count;
    }

    /// <summary>Goes on to the next frame; false when there is none to read from now: the answer is over, or its next frame is not here and must not be waited for.</summary>
    private async ValueTask<bool> NextFrameAsync(bool mayWait, CancellationToken cancellationToken)
    {
        var header = CheckStream(await connection.PeekAsync(cancellationToken));
        if (header.Type == FrameType.ResponseBody)
        {
            connection.Skip(FrameHeader.Length);
            _frameLeft = header.PayloadLength;
            return true;
        }

        if (!mayWait && !connection.TryPeekWhole(out _))
        {
            return false;
        }

        header = await connection.PeekWholeAsync(cancellationToken);
        if (header.Type == FrameType.End && _bodyLeft == long.MaxValue)
        {
            CompleteAnswer();
            return false;
        }

        if (!mayWait)
        {
            return false;   // What was read goes to the caller first; the bad news comes with the next read.
        }

        if (header.Type == FrameType.Failure)
        {
            TakeFailure(header);
            throw new ExchangeFailedException(null);
        }

        throw new WorkerProtocolException(header.Type == FrameType.End ? $"its answer ended {_bodyLeft} bytes too early" : $"it sent {header.Type} within an answer's body");
    }

    /// <summary>The caller has, or is about to have, the whole answer; however slowly it takes it, the timeout does not cut it any more.</summary>
    private void CompleteAnswer()
    {
        _isAnswered = true;
        if (_frameLeft == 0)
        {
            connection.FillWithWhatIsHere();   // The End leaves with the last piece, and what it tells is for the record.
            TryReadEnd(out _);
        }

        invocation.Record(Http.Response.StatusCode);
        TryEnd();
        if (!_hasEnded)
        {
            _timeLeft = connection.Watch.Left;
            connection.Watch.Stop();
        }
    }

    /// <summary>If the worker's End is here, the slot and the connection go back at once, which is before the caller can send its next request.</summary>
    private void TryEnd()
    {
        if (!TryReadEnd(out var header))
        {
            return;
        }

        connection.Skip(FrameHeader.Length + header.PayloadLength);
        connection.Watch.Stop();
        _hasEnded = true;
        if (_pump is null)
        {
            transport.Return(connection);
            invocation.ReleaseSlot();
        }
        else
        {
            invocation.ReleaseSlot();   // The connection goes back when the pump has stopped.
        }
    }

    private bool TryReadEnd(out FrameHeader header)
    {
        header = default;
        if (_frameLeft != 0 || !connection.TryPeekWhole(out header) || header.Type != FrameType.End)
        {
            return false;
        }

        invocation.Measure(EndOfInvocation.Read(connection.PayloadOf(header)));
        return true;
    }

    private FrameHeader CheckStream(FrameHeader header) => header.Stream == connection.Stream
        ? header
        : throw new WorkerProtocolException($"it sent {header.Type} for invocation {header.Stream} on a connection that runs {connection.Stream}");

    private void TakeFailure(FrameHeader header)
    {
        WorkerFailure.Apply(connection.PayloadOf(header), invocation);
        connection.Skip(FrameHeader.Length + header.PayloadLength);
        TryEnd();
    }

    private async ValueTask FailAsync(Exception exception)
    {
        switch (exception)
        {
            case ExchangeFailedException:
                return;
            case OperationCanceledException when connection.Watch.End == RunEnd.Timeout:
                invocation.Fail(InvocationError.Timeout, $"the function ran longer than its timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s");
                return;
            case OperationCanceledException when connection.Watch.End == RunEnd.None:
                invocation.Fail(InvocationError.CallerGone, "");
                return;
            case InvalidOperationException:
                invocation.Fail(InvocationError.Crashed, $"the function's answer cannot be sent: {exception.Message}");
                return;
            case WorkerProtocolException or JsonException:
                _isBroken = true;
                invocation.Fail(InvocationError.Crashed, $"the instance broke the worker protocol: {exception.Message}");
                Instance.Gate.Condemn(Instance, $"it broke the worker protocol: {exception.Message}");
                return;
            default:
                _isBroken = true;
                var end = await InstanceLoss.ReasonAsync(Instance, clock);
                invocation.Fail(end.Error, end.Detail);
                return;
        }
    }

    private static bool IsExpected(Exception exception) => exception is OperationCanceledException or IOException or SocketException or WorkerProtocolException
        or JsonException or InvalidOperationException or ExchangeFailedException;
}
