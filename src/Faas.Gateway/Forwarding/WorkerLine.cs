using System.Buffers;
using System.Net.Sockets;
using Faas.Gateway.Polling;
using Faas.WorkerProtocol;
using Faas.WorkerProtocol.Polling;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// The socket under a <see cref="SharedConnection"/>: sends frames, hands out what the worker says, in a buffer that is as large as it must be. There is always somebody who reads,
/// so the end of the worker is noticed at once.
/// </summary>
/// <remarks>
/// <paramref name="handOut"/> gets everything that was received and not done with, on the loop's thread, and returns the bytes that are done with now. <paramref name="ended"/> gets
/// what the worker did wrong, empty when it just ended, and must dispose of this.
/// </remarks>
internal sealed class WorkerLine(EventLoop loop, Socket socket, Func<ReadOnlyMemory<byte>, int> handOut, Action<string> ended) : PolledSocket(loop, socket), IDisposable
{
    private const int BufferLength = 16 * 1024;

    private readonly Lock _lock = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private FrameSender? _sender;
    private int _start;
    private int _end;
    private bool _isClosed;

    /// <summary>What is said to the worker.</summary>
    public FrameSender Sender => _sender ??= new FrameSender(this, Socket);

    /// <summary>Begins to read.</summary>
    public void Open()
    {
        _ = Sender;
        Loop.Watch(this);
    }

    /// <summary>Reads what is there and then ends: what the worker has said still counts.</summary>
    public void StopReading()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The reader has seen the end, or is about to.
        }
    }

    /// <inheritdoc/>
    public override void OnReady(uint events)
    {
        if ((events & Epoll.Writable) != 0)
        {
            Sender.OnWritable();
        }

        if ((events & Epoll.Readable) != 0 || IsEnding(events))
        {
            Receive(IsEnding(events));
        }
    }

    /// <inheritdoc/>
    public override void OnFault(Exception exception) => ended("");

    /// <summary>Asks to be told when the worker takes more.</summary>
    public void AwaitWriting()
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                Loop.WatchWriting(this);
            }
        }
    }

    /// <summary>The worker takes more.</summary>
    public void EndAwaitWriting()
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                Loop.UnwatchWriting(this);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            Loop.Forget(this);
        }

        Sender.Dispose();
        Socket.Dispose();
    }

    private void Receive(bool isEnding)
    {
        try
        {
            while (true)
            {
                var room = _buffer.AsSpan(_end);
                var received = Socket.Receive(room, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock)
                {
                    return;
                }

                if (error != SocketError.Success || received == 0)
                {
                    ended("");
                    return;
                }

                _end += received;
                _start += handOut(_buffer.AsMemory(_start, _end - _start));
                MakeRoom();
                if (received < room.Length && !isEnding)
                {
                    return;   // All that is there; of what comes next there will be an event.
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // It was closed on the way.
        }
        catch (WorkerProtocolException exception)
        {
            ended(exception.Message);
        }
    }

    private void MakeRoom()
    {
        var unread = _end - _start;
        if (unread == 0 && _buffer.Length <= 2 * BufferLength)
        {
            (_start, _end) = (0, 0);
            return;
        }

        // What has begun to come is either small, or one long answer that needs all of this.
        var length = unread < BufferLength / 2 ? BufferLength : unread * 2;
        var target = length <= _buffer.Length && _buffer.Length <= 2 * BufferLength ? _buffer : ArrayPool<byte>.Shared.Rent(length);
        _buffer.AsSpan(_start, unread).CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, _start, _end) = (target, 0, unread);
    }
}
