using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.LoadTests.OpenLoop;

/// <summary>Where an answer stands.</summary>
internal enum Reading
{
    /// <summary>More has to come.</summary>
    Incomplete,

    /// <summary>All of it is there.</summary>
    Complete,

    /// <summary>The connection ended first.</summary>
    Broken,
}

/// <summary>Reads one HTTP answer at a time from a socket that does not block. Parses no more than it must.</summary>
internal sealed class AnswerReader
{
    private byte[] _buffer = new byte[4096];
    private int _filled;
    private int _bodyStart;

    /// <summary>Status code of the complete answer.</summary>
    public int Status { get; private set; }

    /// <summary>Body of the complete answer, with chunk sizes in it if it was chunked.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyStart, _filled - _bodyStart);

    /// <summary>Whether the server closes the connection after this answer.</summary>
    public bool IsLast => Head.IndexOf("Connection: close"u8) >= 0;

    /// <summary>Status line and headers of the complete answer.</summary>
    public ReadOnlySpan<byte> Head => _buffer.AsSpan(0, _bodyStart);

    /// <summary>Forgets the answer; the next one begins.</summary>
    public void Reset()
    {
        _filled = 0;
        _bodyStart = 0;
    }

    /// <summary>Takes what the socket has.</summary>
    public Reading Read(Socket socket)
    {
        while (true)
        {
            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var count = socket.Receive(_buffer.AsSpan(_filled), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return Reading.Incomplete;
            }

            if (error != SocketError.Success || count == 0)
            {
                return Reading.Broken;
            }

            _filled += count;
            if (IsComplete())
            {
                return Reading.Complete;
            }
        }
    }

    /// <summary>What a failure is called in reports: its status, and the problem's type or that it has none.</summary>
    public string Failure()
    {
        if (Head.IndexOf("application/problem+json"u8) < 0)
        {
            return $"{Status} untyped";
        }

        var json = Body[Math.Max(0, Body.IndexOf((byte)'{'))..(Body.LastIndexOf((byte)'}') + 1)];
        try
        {
            var type = JsonDocument.Parse(json.ToArray()).RootElement.GetProperty("type").GetString()!;
            return $"{Status} {type.Replace(Problems.TypeOf(""), "", StringComparison.Ordinal)}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return $"{Status} untyped: {Encoding.UTF8.GetString(json)}";
        }
    }

    private bool IsComplete()
    {
        if (_bodyStart == 0)
        {
            var end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return false;
            }

            _bodyStart = end + 4;
            Status = Utf8Parser.TryParse(Head[9..12], out int status, out _) ? status : 0;
        }

        return ContentLength() is { } length ? _filled >= _bodyStart + length : Body.EndsWith("0\r\n\r\n"u8);
    }

    // The gateway writes the name either way, depending on who made the answer.
    private int? ContentLength()
    {
        var at = Head.IndexOf("Content-Length: "u8);
        at = at >= 0 ? at : Head.IndexOf("content-length: "u8);
        return at >= 0 && Utf8Parser.TryParse(Head[(at + 16)..], out int length, out _) ? length : null;
    }
}
