using System.Buffers;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;
using Microsoft.AspNetCore.Connections.Features;

namespace Faas.Gateway.Forwarding;

/// <summary>Sends a large or endless request body to a worker while the answer may already be coming. The socket's back-pressure is the caller's.</summary>
internal sealed class RequestBodyPump(WorkerConnection connection, LiveInvocation invocation) : IDisposable
{
    /// <summary>As many bytes are sent together if they are here.</summary>
    private const int GatheredBytes = 128 * 1024;

    private readonly Socket? _socket = invocation.Http.Features.Get<IConnectionSocketFeature>()?.Socket;
    private readonly bool _isLengthKnown = invocation.Http.Request.ContentLength is not null;
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _failed = new();
    private CancellationTokenSource? _linked;
    private Task _pumping = Task.CompletedTask;
    private bool _isComplete;

    /// <summary>Whether what was sent ends with a whole frame. Read after <see cref="StopAsync"/>.</summary>
    public bool IsAtBoundary { get; private set; } = true;

    /// <summary>Begins to send.</summary>
    public void Start(CancellationToken cancellationToken)
    {
        _linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _failed.Token);
        _pumping = PumpAsync();
    }

    /// <summary>The reader's token, which also ends when the body cannot be read any more: the worker would wait for it for ever.</summary>
    public CancellationToken Linked(CancellationToken cancellationToken) => _linked?.Token ?? cancellationToken;

    /// <summary>Ends sending and waits until nothing is sent any more. True when the whole body was sent.</summary>
    public async ValueTask<bool> StopAsync()
    {
        await _stopped.CancelAsync();
        await _pumping;
        return _isComplete;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Dispose();
        _failed.Dispose();
        _linked?.Dispose();
    }

    /// <summary>Who is to blame when a body cannot be read.</summary>
    public static InvocationError FailureOf(IOException exception) =>
        exception is BadHttpRequestException ? InvocationError.BadRequest : InvocationError.CallerGone;

    private async Task PumpAsync()
    {
        try
        {
            var reader = invocation.Http.Request.BodyReader;
            while (!_isComplete)
            {
                var read = await reader.ReadAsync(_stopped.Token);
                if (!read.IsCompleted && read.Buffer.Length < GatheredBytes && IsMoreHere())
                {
                    reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                try
                {
                    await SendAsync(read.Buffer, read.IsCompleted);
                    _isComplete = read.IsCompleted;
                }
                finally
                {
                    reader.AdvanceTo(read.Buffer.End);   // Else the server cannot read what is left, which it does to keep the connection.
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The worker closed the connection: the reader of the answer sees it too and says why.
        }
        catch (IOException exception)
        {
            invocation.Fail(FailureOf(exception), exception.Message);
            await _failed.CancelAsync();
        }
    }

    /// <summary>
    /// Whether the caller's socket holds more of the body, so that waiting for it is not waiting. The server reads 4 KiB at a time, and to send each by itself costs the worker a
    /// wake-up and both sides a system call. Only where the length is known: of chunks it could be part of a header, whose rest may be long in coming.
    /// </summary>
    private bool IsMoreHere()
    {
        try
        {
            return _isLengthKnown && _socket?.Available > 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;   // The reader says it in its own way.
        }
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> body, bool isLast)
    {
        invocation.AddBytesIn(body.Length);
        if (invocation.BytesIn > invocation.Route.BodyBytesMax)
        {
            invocation.Fail(InvocationError.TooLarge, Invoker.BodyTooLarge(invocation.Route.BodyBytesMax));
            await _failed.CancelAsync();
            throw new OperationCanceledException();
        }

        do
        {
            var piece = body.Slice(0, Math.Min(body.Length, FrameHeader.LongPieceMax));
            body = body.Slice(piece.End);
            if (piece.IsEmpty && !isLast)
            {
                return;
            }

            IsAtBoundary = false;
            await connection.SendBodyAsync(piece, isLast && body.IsEmpty ? FrameMarks.EndOfBody : FrameMarks.None, _stopped.Token);
            IsAtBoundary = true;
        }
        while (!body.IsEmpty);
    }
}
