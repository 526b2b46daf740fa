using System.Net.Sockets;
using System.Text.Json;
using Faas.Runtime.DotNet.Connections;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>
/// Frames of one answer, and what becomes of them: on a data connection what is larger than a body frame, or must not wait, is flushed; on a shared connection a small answer
/// gathers behind others that are ready, and a long one is moved to a data connection before its head is written.
/// </summary>
/// <param name="way">Where frames leave to.</param>
internal sealed class Answer(IAnswerWay way) : IDisposable
{
    /// <summary>With its header and an End it fits into what the gateway reads for a header.</summary>
    private const int LastPieceLength = 2 * 1024;

    private PayloadWriter _writer = new();
    private PayloadWriter? _laidOut;
    private Socket? _own = way.Socket;
    private uint _stream;
    private int _start;
    private int _ended;
    private bool _hasLeft;
    private bool _isInBody;
    private bool _isLaidOut;

    /// <summary>Bytes of answers that have not left.</summary>
    public int Gathered => _writer.Position;

    /// <summary>Invocations whose End is among these.</summary>
    public int Ended => _ended;

    /// <summary>Whether the answer has a connection of its own.</summary>
    public bool HasOwnConnection => _own is not null;

    public void Begin(uint stream)
    {
        _own = way.Socket;
        _stream = stream;
        _hasLeft = false;
        _start = _writer.Position;
    }

    public void Head(int status, long contentLength, string? contentType)
    {
        BeginHead(status, contentLength);
        _writer.U16(contentType is null ? (ushort)0 : (ushort)1);
        if (contentType is not null)
        {
            _writer.Text("content-type");
            _writer.Text(contentType);
        }

        _writer.EndFrame(FrameType.Response, _stream);
    }

    public void Head(int status, long contentLength, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        BeginHead(status, contentLength);
        var countAt = _writer.Position;
        _writer.U16(0);
        var count = 0;
        foreach (var (name, value) in headers)
        {
            var lowerCase = name.ToLowerInvariant();
            if (lowerCase is not ("content-length" or "transfer-encoding" or "connection"))
            {
                _writer.Text(lowerCase);
                _writer.Text(value);
                count++;
            }
        }

        _writer.PatchU16(countAt, (ushort)count);
        _writer.EndFrame(FrameType.Response, _stream);
    }

    public void Body(ReadOnlySpan<byte> bytes)
    {
        if (_own is null)
        {
            // One frame, however many pieces it is made of. It fits: the head has said how long it is.
            if (!_isInBody && !bytes.IsEmpty)
            {
                _writer.BeginFrame();
                _isInBody = true;
            }

            _writer.Raw(bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            if (bytes.Length <= FrameHeader.BodyPieceMax)
            {
                _writer.BeginFrame();
                _writer.Raw(bytes);
                _writer.EndFrame(FrameType.ResponseBody, _stream);
                return;
            }

            // Of something long the last piece is a small one, which leaves with the End: so whoever reads it has the End too, and need not be woken for it.
            var piece = bytes[..Math.Min(bytes.Length - LastPieceLength, FrameHeader.LongPieceMax)];
            FlushWith(piece);
            bytes = bytes[piece.Length..];
        }
    }

    /// <summary>Reports a failure: in place of the response as long as nothing of it has left.</summary>
    public void Fail(FailureMessage failure)
    {
        if (!_hasLeft)
        {
            _writer.CutAt(_start);
            _isInBody = false;
        }

        _writer.BeginFrame();
        _writer.Raw(JsonSerializer.SerializeToUtf8Bytes(failure, WorkerJson.Default.FailureMessage));
        _writer.EndFrame(FrameType.Failure, _stream);
    }

    /// <summary>Ends the answer. On a shared connection it leaves with <see cref="Leave"/>. </summary>
    public void End(in EndOfInvocation end)
    {
        if (_isInBody)
        {
            _writer.EndFrame(FrameType.ResponseBody, _stream);
            _isInBody = false;
        }

        _writer.BeginFrame();
        end.Write(_writer);
        _writer.EndFrame(FrameType.End, _stream);
        if (_own is null && end.Outcome != EndOutcome.Refused)
        {
            _ended++;
        }

        Flush();
    }

    /// <summary>Sends what has gathered of an answer that has a connection of its own. Others wait until they are whole.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    public void Flush()
    {
        if (_own is { } socket)
        {
            WorkerSocket.SendAll(socket, _writer.Written.Span);
            _hasLeft = true;
            _writer.Clear();
            _start = 0;
        }
    }

    /// <summary>Sends what has gathered and a long piece of the body behind it, which is not copied.</summary>
    private void FlushWith(ReadOnlySpan<byte> piece)
    {
        _writer.Header(FrameType.ResponseBody, _stream, piece.Length);
        WorkerSocket.SendAll(_own!, _writer.Written.Span, piece);   // Only answers with a connection of their own have long pieces.
        _hasLeft = true;
        _writer.Clear();
        _start = 0;
    }

    /// <summary>Sends the whole answers that have gathered for the shared connection.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    public void Leave()
    {
        if (_writer.Position > 0)
        {
            var ended = _ended;
            _ended = 0;
            way.Send(_writer.Written.Span, ended);
            _writer.Clear();
        }
    }

    /// <summary>While a handler runs, what has gathered before it can be sent by whoever finds that it runs for long, see <see cref="LeaveFromOutside"/>.</summary>
    public void LayOut()
    {
        if (_writer.Position > 0)
        {
            _isLaidOut = true;
            Volatile.Write(ref _laidOut, _writer);
        }
    }

    /// <summary>The handler has returned. Whoever took what was laid out keeps it.</summary>
    public void TakeBack()
    {
        if (_isLaidOut)
        {
            _isLaidOut = false;
            if (Interlocked.Exchange(ref _laidOut, null) is null)
            {
                _writer = new PayloadWriter();
                _ended = 0;
            }

            _start = _writer.Position;
        }
    }

    /// <summary>Called by other threads: sends what is laid out.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    public void LeaveFromOutside()
    {
        using var taken = Interlocked.Exchange(ref _laidOut, null);
        if (taken is not null)
        {
            way.Send(taken.Written.Span, CountEnded(taken.Written.Span));
        }
    }

    /// <inheritdoc />
    public void Dispose() => _writer.Dispose();

    private void BeginHead(int status, long contentLength)
    {
        if (_own is null && contentLength is < 0 or > FrameHeader.BodyPieceMax)
        {
            Leave();   // What has gathered does not wait with this one, nor is it lost when this one is cancelled.
            _writer.BeginFrame();
            _writer.EndFrame(FrameType.Move, _stream);
            try
            {
                _own = way.Move(_stream, _writer.Written.Span);
            }
            finally
            {
                _writer.Clear();
                _start = 0;
            }
        }

        _writer.BeginFrame();
        new ResponseHead((ushort)status, contentLength).Write(_writer);
    }

    /// <summary>As <see cref="Ended"/>, for whoever is not this answer's thread. Counted, because a number beside the buffer could not be taken together with it.</summary>
    private static int CountEnded(ReadOnlySpan<byte> frames)
    {
        var ended = 0;
        for (; FrameHeader.TryRead(frames, out var header); frames = frames[(FrameHeader.Length + header.PayloadLength)..])
        {
            if (header.Type == FrameType.End && (EndOutcome)frames[FrameHeader.Length] != EndOutcome.Refused)
            {
                ended++;
            }
        }

        return ended;
    }
}

/// <summary>The connection that answers leave over.</summary>
internal interface IAnswerWay
{
    /// <summary>The socket, when the connection carries one answer at a time; null when it is shared.</summary>
    Socket? Socket { get; }

    /// <summary>Sends whole answers over a shared connection, among them the End of <paramref name="ended"/> invocations that had begun.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    void Send(ReadOnlySpan<byte> answers, int ended);

    /// <summary>
    /// Tells the gateway that the answer to <paramref name="stream"/> is moved, by sending <paramref name="announcement"/>, and waits for the connection that it goes over.
    /// </summary>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    Socket Move(uint stream, ReadOnlySpan<byte> announcement);
}
