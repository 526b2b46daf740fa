using System.Net.Sockets;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Reads frames from a blocking socket. Used by one thread at a time; a payload is valid until the next read.</summary>
internal sealed class FrameReader(Socket socket)
{
    /// <summary>Most requests fit; one read then takes head and body together.</summary>
    private const int UsualSize = 16 * 1024;

    private byte[] _buffer = new byte[UsualSize];
    private int _start;
    private int _end;
    private int _framesSinceReceived;

    /// <summary>What was received beyond the last frame.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether a whole frame is here, so that reading it does not wait.</summary>
    /// <exception cref="WorkerProtocolException">The peer does not speak the protocol.</exception>
    public bool HasFrame => FrameHeader.TryRead(Unread, out var header) && Unread.Length >= FrameHeader.Length + header.PayloadLength;

    /// <summary>Reads a frame. False when the peer has closed the connection.</summary>
    /// <exception cref="WorkerProtocolException">The peer does not speak the protocol.</exception>
    public bool TryRead(out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!TryPeek(out header) || !Fill(FrameHeader.Length + header.PayloadLength))
        {
            return false;
        }

        _framesSinceReceived++;
        payload = _buffer.AsMemory(_start + FrameHeader.Length, header.PayloadLength);
        _start += FrameHeader.Length + header.PayloadLength;
        return true;
    }

    /// <summary>
    /// Reads a frame's header and no more: its payload is to be taken with <see cref="TryReadInto"/> or <see cref="TrySkip"/>, in as many pieces as the caller likes. False when the
    /// peer has closed the connection.
    /// </summary>
    public bool TryReadHeader(out FrameHeader header)
    {
        if (!TryPeek(out header))
        {
            return false;
        }

        _start += FrameHeader.Length;
        return true;
    }

    /// <summary>Fills <paramref name="destination"/> with payload, straight from the socket where it is not here yet. False when the peer has closed the connection.</summary>
    public bool TryReadInto(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, _end - _start);
            if (count > 0)
            {
                _buffer.AsSpan(_start, count).CopyTo(destination);
                _start += count;
            }
            else if (!TryReceive(destination, out count))
            {
                return false;
            }

            destination = destination[count..];
        }

        return true;
    }

    /// <summary>Throws payload away. False when the peer has closed the connection.</summary>
    public bool TrySkip(int count)
    {
        while (count > 0)
        {
            if (!Fill(1))
            {
                return false;
            }

            var skipped = Math.Min(count, _end - _start);
            _start += skipped;
            count -= skipped;
        }

        return true;
    }

    /// <summary>Waits for the next frame's header and leaves it where it is. False when the peer has closed the connection.</summary>
    public bool TryPeek(out FrameHeader header)
    {
        header = default;
        return Fill(FrameHeader.Length) && FrameHeader.TryRead(Unread, out header);
    }

    /// <summary>Receives until <paramref name="count"/> bytes are there.</summary>
    private bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        MakeRoom(count);
        while (_end - _start < count)
        {
            if (!TryReceive(_buffer.AsSpan(_end), out var received))
            {
                return false;
            }

            _end += received;
        }

        return true;
    }

    private bool TryReceive(Span<byte> into, out int received)
    {
        received = 0;
        try
        {
            // Who got one request - a head, or a head and a body - at a time has to wait for the next one, and need not look first.
            received = WorkerSocket.Receive(socket, into, willWait: _framesSinceReceived is 1 or 2);
            _framesSinceReceived = 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // As if it had been closed in good order.
        }

        return received > 0;
    }

    private void MakeRoom(int count)
    {
        var unread = _end - _start;
        if (unread == 0 && count <= UsualSize && _buffer.Length > UsualSize)
        {
            _buffer = new byte[UsualSize];   // A large frame is rare; an idle connection must not keep its megabyte.
            _start = _end = 0;
        }
        else if (_buffer.Length - _start < count)
        {
            var target = _buffer.Length < count ? new byte[Math.Max(count, Math.Min(_buffer.Length * 4, 128 * 1024))] : _buffer;
            Unread.CopyTo(target);
            (_buffer, _start, _end) = (target, 0, unread);
        }
        else if (unread == 0)
        {
            _start = _end = 0;
        }
    }
}
