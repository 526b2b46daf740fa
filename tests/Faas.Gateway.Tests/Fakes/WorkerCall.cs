using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>
/// One invocation as a worker sees it. On a shared connection an answer that is flushed before its end, or is long, is moved, as workers do.
/// </summary>
internal sealed class WorkerCall : IDisposable
{
    private readonly Socket _shared;
    private readonly TaskCompletionSource<Socket> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _connection;
    private bool _isEnded;
    private bool _isLong;
    private int _bodyFrames;
    private readonly PayloadWriter _output = new();
    private readonly Channel<byte[]> _body = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<CancelReason> _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _recalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What its End says of how long it ran, in µs.</summary>
    public ushort RunMicros { get; set; }

    /// <summary>CPU time in µs that End says.</summary>
    public uint CpuMicros { get; set; }

    /// <summary>Peak memory in KiB that End says.</summary>
    public uint PeakKiB { get; set; }

    public WorkerCall(Socket connection, bool isShared, FrameHeader header, byte[] payload)
    {
        _shared = connection;
        _connection = isShared ? null : connection;
        Stream = header.Stream;
        var reader = new PayloadReader(payload);
        Head = RequestHead.Read(ref reader);
        for (var left = reader.U16(); left > 0; left--)
        {
            Headers.Add(new(reader.Text(), reader.Text()));
        }

        if (header.Flags.HasFlag(FrameMarks.EndOfBody))
        {
            _body.Writer.Complete();
        }
    }

    public RequestHead Head { get; }

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    /// <summary>Pieces of the body as they came.</summary>
    public ChannelReader<byte[]> Body => _body.Reader;

    public Task<CancelReason> Cancelled => _cancelled.Task.WaitAsync(Patience.Limit);

    /// <summary>The gateway asked for it back.</summary>
    public Task Recalled => _recalled.Task.WaitAsync(Patience.Limit);

    public bool IsRecalled => _recalled.Task.IsCompleted;

    public void TakeRecall() => _recalled.TrySetResult();

    /// <summary>The gateway closed the connection, or its sending side.</summary>
    public Task Closed => _closed.Task.WaitAsync(Patience.Limit);

    public string? Header(string name) => Headers.FindAll(header => header.Key == name) is { Count: > 0 } found ? string.Join("|", found.Select(header => header.Value)) : null;

    public async Task<byte[]> WholeBodyAsync()
    {
        var body = new MemoryStream();
        await foreach (var piece in Body.ReadAllAsync())
        {
            body.Write(piece);
        }

        return body.ToArray();
    }

    /// <summary>A small answer in one write, as workers do.</summary>
    public ValueTask AnswerAsync(string body = "hello", int status = 200, params (string Name, string Value)[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        WriteHead(status, bytes.Length, headers);
        WriteBody(bytes);
        WriteEnd(failed: false);
        return FlushAsync();
    }

    /// <summary>Small answers of several invocations on a shared connection, in one write.</summary>
    public static Task AnswerTogetherAsync(params WorkerCall[] calls)
    {
        var frames = new List<byte>();
        foreach (var call in calls)
        {
            call.WriteHead(length: 0);
            call.WriteEnd();
            frames.AddRange(call._output.Written.Span);
        }

        return SendAsync(calls[0]._shared, frames.ToArray());
    }

    public void WriteHead(int status = 200, long length = -1, params (string Name, string Value)[] headers)
    {
        _isLong |= length is < 0 or > FrameHeader.BodyPieceMax;
        _output.BeginFrame();
        new ResponseHead((ushort)status, length).Write(_output);
        _output.U16((ushort)headers.Length);
        foreach (var (name, value) in headers)
        {
            _output.Text(name);
            _output.Text(value);
        }

        _output.EndFrame(FrameType.Response, Stream);
    }

    public void WriteBody(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        _bodyFrames++;
        _output.BeginFrame();
        _output.Raw(body);
        _output.EndFrame(FrameType.ResponseBody, Stream);
    }

    public void WriteBody(string body) => WriteBody(Encoding.UTF8.GetBytes(body));

    public void WriteFailure(string kind, string type = "ValueError", string message = "bad")
    {
        _output.BeginFrame();
        _output.Raw(JsonSerializer.SerializeToUtf8Bytes(
            new FailureMessage { Kind = kind, ErrorType = type, Message = message, Trace = ["at handler"] }, WorkerJson.Default.FailureMessage));
        _output.EndFrame(FrameType.Failure, Stream);
    }

    public void WriteMove()
    {
        _output.BeginFrame();
        _output.EndFrame(FrameType.Move, Stream);
    }

    public void WriteEnd(bool failed = false)
    {
        _isEnded = true;
        _output.BeginFrame();
        new EndOfInvocation(failed ? EndOutcome.Failed : EndOutcome.Completed, RunMicros, CpuMicros, PeakKiB).Write(_output);
        _output.EndFrame(FrameType.End, Stream);
    }

    public async ValueTask FlushAsync()
    {
        var frames = _output.Written.ToArray();
        _output.Clear();
        if (_connection is null && (!_isEnded || _isLong || _bodyFrames > 1))
        {
            WriteMove();
            await FlushAsIsAsync();
            _connection = await _taken.Task.WaitAsync(Patience.Limit);
        }

        await SendAsync(_connection ?? _shared, frames);
    }

    /// <summary>Sends what has been written as it is, whatever a worker may send there.</summary>
    public Task FlushAsIsAsync()
    {
        var frames = _output.Written.ToArray();
        _output.Clear();
        return SendAsync(_connection ?? _shared, frames);
    }

    /// <summary>Refuses the invocation.</summary>
    public Task RefuseAsync()
    {
        _output.BeginFrame();
        new EndOfInvocation(EndOutcome.Refused, 0, 0, 0).Write(_output);
        _output.EndFrame(FrameType.End, Stream);
        return FlushAsIsAsync();
    }

    /// <summary>Closes the connection in the middle of it all.</summary>
    public void Break() => (_connection ?? _shared).Dispose();

    /// <summary>The invocation's number; a test may lie about it.</summary>
    public uint Stream { get; set; }

    /// <summary>The gateway has opened a connection for the answer.</summary>
    public void TakeOver(Socket connection) => _taken.TrySetResult(connection);

    public void Dispose() => _output.Dispose();

    public void TakeBody(byte[] piece, bool isLast)
    {
        _body.Writer.TryWrite(piece);
        if (isLast)
        {
            _body.Writer.TryComplete();
        }
    }

    public void TakeCancel(CancelReason reason) => _cancelled.TrySetResult(reason);

    public void TakeEnd()
    {
        _body.Writer.TryComplete(new IOException("the gateway closed the connection"));
        _closed.TrySetResult();
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            rest = rest[await socket.SendAsync(rest)..];
        }
    }
}
