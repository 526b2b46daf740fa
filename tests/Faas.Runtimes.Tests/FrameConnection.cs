using System.Net.Sockets;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>A frame as it came: its header and a copy of its payload.</summary>
internal sealed record Frame(FrameHeader Header, byte[] Payload)
{
    public FrameType Type => Header.Type;

    public PayloadReader Read() => new(Payload);
}

/// <summary>One connection to <c>worker.sock</c>, frame by frame, after its Hello. Sends and reads may go on at the same time.</summary>
internal sealed class FrameConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationToken _patience;

    private FrameConnection(Socket socket, CancellationToken patience)
    {
        _socket = socket;
        _patience = patience;
    }

    /// <summary><paramref name="first"/>: frames that leave in one write with the Hello.</summary>
    public static async Task<FrameConnection> OpenAsync(
        string path, ConnectionRole role, string token, Action<PayloadWriter>? first, CancellationToken patience)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience);
        var connection = new FrameConnection(socket, patience);
        using var hello = new PayloadWriter();
        hello.BeginFrame();
        hello.U8(1);
        hello.U8((byte)role);
        hello.Text(token);
        hello.EndFrame(FrameType.Hello, 0);
        first?.Invoke(hello);
        await connection.SendAsync(hello.Written);
        return connection;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, _patience)..];
            }
        }
        catch (SocketException)
        {
            throw new WorkerClosedException();   // whether a send or a read notices first is chance
        }
    }

    /// <summary>Sends one frame with a payload that exists already, such as JSON or a body piece.</summary>
    public async Task SendFrameAsync(FrameType type, uint stream, ReadOnlyMemory<byte> payload, FrameMarks marks = FrameMarks.None)
    {
        using var writer = new PayloadWriter(FrameHeader.Length + payload.Length);
        writer.BeginFrame();
        writer.Raw(payload.Span);
        writer.EndFrame(type, stream, marks);
        await SendAsync(writer.Written);
    }

    /// <summary>The next frame, or null when the worker has closed the connection.</summary>
    public async Task<Frame?> ReadFrameAsync()
    {
        var start = new byte[FrameHeader.Length];
        if (!await FillAsync(start))
        {
            return null;
        }

        FrameHeader.TryRead(start, out var header);
        var payload = new byte[header.PayloadLength];
        return await FillAsync(payload) ? new Frame(header, payload) : null;
    }

    /// <summary>Bytes that have arrived and were not read: tells whether a worker sent several frames in one write.</summary>
    public int Available => _socket.Available;

    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int received;
            try
            {
                received = await _socket.ReceiveAsync(buffer, _patience);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                return false;
            }

            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }
}
