using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Faas.WorkerProtocol.Polling;

namespace Faas.Runtime.DotNet.Http;

/// <summary>
/// One of the two sockets of a relayed connection: what is read from it goes to the other. Nothing more is read while the other has not taken everything, so a slow receiver slows its sender
/// and memory stays at a buffer. Used by the relay's thread only.
/// </summary>
internal sealed class RelayedSocket(Socket socket, ulong token, int epoll) : IDisposable
{
    /// <summary>Most that is read at once; a connection keeps that much only while its receiver is slow.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>So often it is read in a row before others get their turn.</summary>
    private const int RoundsMax = 8;

    private const uint Reading = Epoll.Readable | Epoll.PeerClosed | Epoll.OncePerChange;

    private byte[]? _kept;
    private ReadOnlyMemory<byte> _unsent;
    private bool _isConnecting;
    private bool _isAtEnd;
    private bool _isHungUp;

    /// <summary>Comes with its events.</summary>
    public ulong Token { get; } = token;

    /// <summary>The other end of the relayed connection.</summary>
    public RelayedSocket Other { get; private set; } = null!;

    private bool TakesMore => !_isConnecting && _unsent.IsEmpty;

    /// <summary>Makes the two ends of one connection.</summary>
    public void Pair(RelayedSocket other) => (Other, other.Other) = (other, this);

    /// <summary>Begins to connect, and to listen to both ends.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public void Connect(IPEndPoint endpoint)
    {
        try
        {
            socket.Connect(endpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            _isConnecting = true;   // The program's backlog is full.
        }

        Epoll.Control(epoll, Epoll.Add, Descriptor, _isConnecting ? Reading | Epoll.Writable : Reading, Token);
        Epoll.Control(epoll, Epoll.Add, Other.Descriptor, Reading, Other.Token);
    }

    /// <summary>Does what an event asks for. False when the connection is over.</summary>
    public bool Handle(uint what, byte[] buffer)
    {
        _isHungUp |= (what & (Epoll.HangUp | Epoll.Error)) != 0;
        if (_isConnecting && !FinishConnecting())
        {
            return false;
        }

        if ((what & Epoll.Writable) != 0 && !Flush(buffer))
        {
            return false;
        }

        return Carry(buffer, toEnd: (what & (Epoll.PeerClosed | Epoll.HangUp | Epoll.Error)) != 0) && !(_isAtEnd && _isHungUp);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        Forget();
    }

    private int Descriptor => (int)socket.Handle;

    private bool FinishConnecting()
    {
        if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0)
        {
            return false;
        }

        _isConnecting = false;
        return true;
    }

    /// <summary>Sends what it could not take before; then the other's turn has come to be read again.</summary>
    private bool Flush(byte[] buffer)
    {
        if (!TrySend(_unsent))
        {
            return false;
        }

        if (!_unsent.IsEmpty)
        {
            return true;
        }

        Forget();
        Listen(Reading);
        return Other.Carry(buffer, toEnd: true);
    }

    /// <summary>Reads what there is and sends it to the other. An event tells of each change only once, so a short read that no end follows is the last one.</summary>
    private bool Carry(byte[] buffer, bool toEnd)
    {
        for (var round = 0; !_isAtEnd && Other.TakesMore; round++)
        {
            if (round == RoundsMax)
            {
                Listen(Reading);   // and be told again
                return true;
            }

            var count = socket.Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                break;
            }

            if (error != SocketError.Success)
            {
                return false;
            }

            if (count == 0)
            {
                return End();
            }

            if (!Other.TrySend(buffer.AsMemory(0, count)))
            {
                return false;
            }

            if (count < buffer.Length && !toEnd)
            {
                break;
            }
        }

        return true;
    }

    /// <summary>It sends nothing more, which the other is told. False when nothing is left to be carried.</summary>
    private bool End()
    {
        _isAtEnd = true;
        if (Other._isAtEnd)
        {
            return false;
        }

        try
        {
            Other.Shutdown();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Shutdown() => socket.Shutdown(SocketShutdown.Send);

    private bool TrySend(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            var sent = socket.Send(data.Span, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                Keep(data);
                return true;
            }

            if (error != SocketError.Success)
            {
                return false;
            }

            data = data[sent..];
        }

        _unsent = default;
        return true;
    }

    private void Keep(ReadOnlyMemory<byte> data)
    {
        if (_kept is null)
        {
            _kept = ArrayPool<byte>.Shared.Rent(BufferBytes);
            data.CopyTo(_kept);
            data = _kept.AsMemory(0, data.Length);
            Listen(Reading | Epoll.Writable);
        }

        _unsent = data;
    }

    private void Forget()
    {
        if (_kept is not null)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            (_kept, _unsent) = (null, default);
        }
    }

    private void Listen(uint events) => Epoll.Control(epoll, Epoll.Modify, Descriptor, events, Token);
}
