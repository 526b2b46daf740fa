using System.Buffers;
using System.Net.Sockets;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// One data connection to a worker: frames out and in. Not thread-safe, except that one side may send while another receives. Keeps a small receive
/// buffer; bodies are received directly into the reader's memory.
/// </summary>
internal sealed class WorkerConnection : IDisposable
{
    private const int BufferLength = 4096;

    /// <summary>
    /// What waits in the kernel for a worker that does not read, about; more than the default of 208 KiB, so that a body of usual length leaves without waiting for the worker's turn
    /// and neither side is woken for each piece. Linux cuts it to net.core.wmem_max.
    /// </summary>
    private const int KernelBytes = 512 * 1024;

    private readonly Socket _socket;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private int _start;
    private int _end;
    private int _isClosed;

    private WorkerConnection(Socket socket, RunWatch watch)
    {
        _socket = socket;
        Watch = watch;
        Handler = new WorkerChannelHandler();
        Invoker = new HttpMessageInvoker(Handler, disposeHandler: false);
    }

    /// <summary>Ends the invocation on this connection when it must end.</summary>
    public RunWatch Watch { get; }

    /// <summary>Gives YARP's request to the current exchange.</summary>
    public WorkerChannelHandler Handler { get; }

    /// <summary>What YARP sends with.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Frames to send next.</summary>
    public PayloadWriter Output { get; } = new(1024);

    /// <summary>Number of the current invocation.</summary>
    public uint Stream { get; set; }

    /// <summary>Bytes received and not yet read.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether an idle connection can be used: there is neither an end nor anything unasked to read. One system call, about 0.5 µs.</summary>
    public bool IsUsable
    {
        get
        {
            try
            {
                return _start == _end && !_socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>Connects to a worker's socket, which is immediate or fails. The hello leaves with the first request.</summary>
    public static async ValueTask<WorkerConnection> ConnectAsync(string path, RunWatch watch)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendBufferSize = KernelBytes };
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new WorkerConnection(socket, watch);
        var output = connection.Output;
        output.BeginFrame();
        output.U8(1);
        output.U8((byte)ConnectionRole.Data);
        output.Text("");
        output.EndFrame(FrameType.Hello, 0);
        return connection;
    }

    /// <summary>On a new connection, before anything else: the answer to invocation <paramref name="stream"/>, which was moved, goes over it.</summary>
    public void Take(uint stream)
    {
        Stream = stream;
        Output.BeginFrame();
        Output.EndFrame(FrameType.Take, stream);
    }

    /// <summary>Sends all frames in <see cref="Output"/> in as few system calls as the socket allows.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var rest = Output.Written;
        while (!rest.IsEmpty)
        {
            var sent = await _socket.SendAsync(rest, SocketFlags.None, cancellationToken);
            rest = rest[sent..];
        }

        Output.Clear();
    }

    /// <summary>Sends a piece of a request's body as one frame, from where it lies.</summary>
    public async ValueTask SendBodyAsync(ReadOnlySequence<byte> piece, FrameMarks flags, CancellationToken cancellationToken)
    {
        Output.Header(FrameType.RequestBody, Stream, (int)piece.Length, flags);
        var header = Output.Written;
        var sent = GatheringSend.Send(_socket, header, piece);
        while (sent < header.Length)
        {
            sent += await _socket.SendAsync(header[sent..], SocketFlags.None, cancellationToken);
        }

        Output.Clear();
        piece = piece.Slice(sent - header.Length);
        while (!piece.IsEmpty)
        {
            var waited = await _socket.SendAsync(FirstOf(piece), SocketFlags.None, cancellationToken);
            piece = piece.Slice(waited);
            piece = piece.Slice(piece.IsEmpty ? 0 : GatheringSend.Send(_socket, ReadOnlyMemory<byte>.Empty, piece));
        }
    }

    /// <summary>Whether a frame's header is in the buffer.</summary>
    public bool TryPeek(out FrameHeader header) => FrameHeader.TryRead(Buffered, out header);

    /// <summary>Whether a whole frame is in the buffer.</summary>
    public bool TryPeekWhole(out FrameHeader header) => TryPeek(out header) && _end - _start >= FrameHeader.Length + header.PayloadLength;

    /// <summary>Takes what has come meanwhile into an empty buffer, without waiting.</summary>
    public void FillWithWhatIsHere()
    {
        if (_start == _end && _socket.Available > 0)
        {
            (_start, _end) = (0, _socket.Receive(_buffer));
        }
    }

    /// <summary>Waits for the next frame's header.</summary>
    /// <exception cref="EndOfStreamException">The worker closed the connection.</exception>
    public async ValueTask<FrameHeader> PeekAsync(CancellationToken cancellationToken)
    {
        FrameHeader header;
        while (!TryPeek(out header))
        {
            await FillAsync(FrameHeader.Length, cancellationToken);
        }

        return header;
    }

    /// <summary>Waits until a whole frame is in the buffer.</summary>
    public async ValueTask<FrameHeader> PeekWholeAsync(CancellationToken cancellationToken)
    {
        FrameHeader header;
        while (!TryPeekWhole(out header))
        {
            await FillAsync(FrameHeader.Length + header.PayloadLength, cancellationToken);
        }

        return header;
    }

    /// <summary>Payload of the whole frame at the front of the buffer.</summary>
    public ReadOnlySpan<byte> PayloadOf(FrameHeader header) => Buffered.Slice(FrameHeader.Length, header.PayloadLength);

    /// <summary>Drops bytes from the front of the buffer.</summary>
    public void Skip(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Copies buffered bytes out.</summary>
    public int CopyTo(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        Skip(count);
        return count;
    }

    /// <summary>Receives directly into the reader's memory; only when nothing is buffered.</summary>
    public async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        var received = await _socket.ReceiveAsync(destination, SocketFlags.None, cancellationToken);
        return received > 0 ? received : throw new EndOfStreamException("the worker closed the connection");
    }

    /// <summary>Gives a buffer that grew for a large head back before the connection rests.</summary>
    public void Shrink()
    {
        if (_start == _end && _buffer.Length > BufferLength)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        }
    }

    /// <summary>Says that nothing more will be sent; the worker takes it as the end of the invocation, and may still answer.</summary>
    public void FinishSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The worker was faster.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 1)
        {
            return;
        }

        Watch.Dispose();
        _socket.Dispose();
        Output.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    /// <summary>Receives more, with room for <paramref name="wanted"/> bytes from the front.</summary>
    public async ValueTask FillAsync(int wanted, CancellationToken cancellationToken)
    {
        MakeRoom(wanted);
        _end += await ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
    }

    /// <summary>Not the sequence's own first piece: that is empty where it was cut between two blocks, and to send nothing does not wait.</summary>
    private static ReadOnlyMemory<byte> FirstOf(ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes)
        {
            if (!piece.IsEmpty)
            {
                return piece;
            }
        }

        return ReadOnlyMemory<byte>.Empty;
    }

    private void MakeRoom(int wanted)
    {
        if (_buffer.Length - _start >= wanted && _end < _buffer.Length)
        {
            return;
        }

        var target = wanted > _buffer.Length ? ArrayPool<byte>.Shared.Rent(wanted) : _buffer;
        Buffered.CopyTo(target);
        _end -= _start;
        _start = 0;
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }
    }
}
