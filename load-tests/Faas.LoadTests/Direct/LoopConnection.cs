using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Direct;

/// <summary>One keep-alive connection of the <see cref="LoopServer"/>: one request at a time, parsed no more than it must be.</summary>
internal sealed class LoopConnection : IDisposable
{
    /// <summary>Room before a request, so that the head of an echo's answer fits before its body whatever the request's head was.</summary>
    private const int Room = 128;

    private readonly Socket _socket;
    private readonly ReadinessQueue _ready;
    private readonly int _token;
    private byte[] _buffer = new byte[16 * 1024];
    private int _filled = Room;
    private int _bodyStart;
    private int _requestEnd;
    private ArraySegment<byte> _answer;
    private int _chunksLeft;
    private bool _isWriting;

    public LoopConnection(Socket socket, ReadinessQueue ready, int token)
    {
        _socket = socket;
        _ready = ready;
        _token = token;
        ready.AddReading(socket, token);
    }

    /// <summary>The kernel says that there is something to read, or room to write. False when the connection has ended.</summary>
    public bool Proceed()
    {
        if (!(_isWriting || Read()))
        {
            return false;
        }

        while (_isWriting || HasRequest())
        {
            if (!_isWriting)
            {
                _answer = Answer();
            }

            if (!Write(out var isBlocked))
            {
                return false;
            }

            if (isBlocked)
            {
                return true;
            }

            Consume();
        }

        return true;
    }

    public void Dispose() => _socket.Dispose();

    private bool Read()
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 4);
        }

        var count = _socket.Receive(_buffer.AsSpan(_filled), SocketFlags.None, out var error);
        _filled += error == SocketError.Success ? count : 0;
        return error == SocketError.WouldBlock || (error == SocketError.Success && count > 0);
    }

    private bool HasRequest()
    {
        if (_bodyStart == 0)
        {
            var end = _buffer.AsSpan(Room, _filled - Room).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return false;
            }

            _bodyStart = Room + end + 4;
            _requestEnd = _bodyStart + (_buffer[Room] == 'P' ? ContentLength() : 0);   // only a POST has a body
        }

        return _filled >= _requestEnd;
    }

    private int ContentLength()
    {
        var head = _buffer.AsSpan(Room, _bodyStart - Room);
        var at = head.IndexOf("Content-Length: "u8);
        at = at >= 0 ? at : head.IndexOf("content-length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) ? length : 0;
    }

    private ArraySegment<byte> Answer()
    {
        var line = _buffer.AsSpan(Room, _bodyStart - Room);
        var path = line[(line.IndexOf((byte)' ') + 1)..];
        var body = _buffer.AsSpan(_bodyStart, _requestEnd - _bodyStart);
        if (path.StartsWith("/function/echo"u8))
        {
            return WithHead("application/octet-stream");
        }

        if (path.StartsWith("/function/stream"u8))
        {
            _chunksLeft = Answers.ChunkCount;
            return Answers.FirstChunk;
        }

        return path.StartsWith("/function/json"u8) ? Answers.Json(body) : Answers.Hello;
    }

    // The answer is made where the request is: its body is the same bytes.
    private ArraySegment<byte> WithHead(string contentType)
    {
        var head = Encoding.ASCII.GetBytes(Answers.Head(contentType, _requestEnd - _bodyStart));
        var start = _bodyStart - head.Length;
        head.CopyTo(_buffer, start);
        return new ArraySegment<byte>(_buffer, start, _requestEnd - start);
    }

    /// <summary>Writes the rest of the answer, or as much as there is room for; then <see cref="Proceed"/> goes on when there is more.</summary>
    private bool Write(out bool isBlocked)
    {
        isBlocked = false;
        do
        {
            var count = _socket.Send(_answer.AsSpan(), SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                return false;
            }

            _answer = _answer[(error == SocketError.Success ? count : 0)..];
            if (_answer.Count == 0 && _chunksLeft > 0)
            {
                _answer = --_chunksLeft > 0 ? Answers.Chunk : Answers.LastChunk;
            }
            else if (_answer.Count > 0 && error == SocketError.WouldBlock)
            {
                isBlocked = true;
            }
        }
        while (_answer.Count > 0 && !isBlocked);

        if (isBlocked != _isWriting)
        {
            Watch(isBlocked);
        }

        return true;
    }

    private void Watch(bool forWriting)
    {
        _isWriting = forWriting;
        if (forWriting)
        {
            _ready.TurnToWriting(_socket, _token);
        }
        else
        {
            _ready.TurnToReading(_socket, _token);
        }
    }

    private void Consume()
    {
        _buffer.AsSpan(_requestEnd, _filled - _requestEnd).CopyTo(_buffer.AsSpan(Room));
        _filled -= _requestEnd - Room;
        _bodyStart = 0;
    }
}
