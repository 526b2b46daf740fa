using System.Net.Sockets;
using System.Text.Json;
using Faas.Runtime.DotNet.Connections;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>
/// Frames of one answer. They gather in a buffer, so that a small answer leaves in one write; what is larger than a body frame, or must not
/// wait, is flushed.
/// </summary>
internal sealed class Answer(Socket socket) : IDisposable
{
    private readonly PayloadWriter _writer = new();
    private uint _stream;
    private bool _hasLeft;

    public void Begin(uint stream)
    {
        _stream = stream;
        _hasLeft = false;
        _writer.Clear();
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
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, FrameHeader.BodyPieceMax)];
            _writer.BeginFrame();
            _writer.Raw(piece);
            _writer.EndFrame(FrameType.ResponseBody, _stream);
            bytes = bytes[piece.Length..];
            if (!bytes.IsEmpty)
            {
                Flush();
            }
        }
    }

    /// <summary>Reports a failure: in place of the response as long as nothing of it has left.</summary>
    public void Fail(FailureMessage failure)
    {
        if (!_hasLeft)
        {
            _writer.Clear();
        }

        _writer.BeginFrame();
        _writer.Raw(JsonSerializer.SerializeToUtf8Bytes(failure, WorkerJson.Default.FailureMessage));
        _writer.EndFrame(FrameType.Failure, _stream);
    }

    public void End(bool failed)
    {
        _writer.BeginFrame();
        new EndOfInvocation(failed ? EndOutcome.Failed : EndOutcome.Completed, CpuMicros: 0).Write(_writer);
        _writer.EndFrame(FrameType.End, _stream);
        Flush();
    }

    /// <summary>Sends what has gathered.</summary>
    /// <exception cref="PeerGoneException">The gateway has closed the connection.</exception>
    public void Flush()
    {
        var rest = _writer.Written.Span;
        try
        {
            while (!rest.IsEmpty)
            {
                rest = rest[socket.Send(rest)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new PeerGoneException(exception);
        }

        _hasLeft = true;
        _writer.Clear();
    }

    /// <inheritdoc />
    public void Dispose() => _writer.Dispose();

    private void BeginHead(int status, long contentLength)
    {
        _writer.BeginFrame();
        new ResponseHead((ushort)status, contentLength).Write(_writer);
    }
}
