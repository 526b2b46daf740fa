using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Tests.Fakes;

/// <summary>A worker that really listens on a socket and speaks the codec. What it does with an invocation is the test's.</summary>
internal sealed class FakeWorker : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<WorkerCall, Task> _handler;
    private readonly ConcurrentBag<Socket> _connections = [];
    private readonly ConcurrentDictionary<uint, WorkerCall> _open = new();
    private readonly Channel<WorkerCall> _calls = Channel.CreateUnbounded<WorkerCall>();
    private readonly Task _accepting;
    private int _accepted;

    public FakeWorker(string path, Func<WorkerCall, Task> handler)
    {
        Path = path;
        _handler = handler;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(128);
        _accepting = AcceptAsync();
    }

    public string Path { get; }

    /// <summary>Connections taken so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The next invocation to arrive.</summary>
    public async Task<WorkerCall> NextCallAsync()
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        return await _calls.Reader.ReadAsync(limit.Token);
    }

    /// <summary>Closes all connections and goes on listening.</summary>
    public void DropConnections()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    /// <summary>Ends as a killed process does: nothing listens, every connection ends.</summary>
    public void Kill()
    {
        _listener.Dispose();
        DropConnections();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync();
                _connections.Add(connection);
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        WorkerCall? call = null;
        var isShared = false;
        var here = new List<WorkerCall>();
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: false);
            var prefix = new byte[FrameHeader.Length];
            while (true)
            {
                await stream.ReadExactlyAsync(prefix);
                FrameHeader.TryRead(prefix, out var header);
                var payload = new byte[header.PayloadLength];
                await stream.ReadExactlyAsync(payload);
                switch (header.Type)
                {
                    case FrameType.Hello:
                        isShared = (ConnectionRole)payload[1] == ConnectionRole.Shared;
                        break;
                    case FrameType.Take:
                        call = _open[header.Stream];
                        here = [call];
                        call.TakeOver(connection);
                        break;
                    case FrameType.Request:
                        call = new WorkerCall(connection, isShared, header, payload);
                        _open[header.Stream] = call;
                        here = isShared ? [.. here, call] : [call];
                        await _calls.Writer.WriteAsync(call);
                        _ = RunAsync(call);
                        break;
                    case FrameType.RequestBody:
                        call!.TakeBody(payload, header.Flags.HasFlag(FrameMarks.EndOfBody));
                        break;
                    case FrameType.Recall:
                        _open[header.Stream].TakeRecall();
                        break;
                    case FrameType.Cancel:
                        _open[header.Stream].TakeCancel((CancelReason)payload[0]);
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            here.ForEach(one => one.TakeEnd());
        }
    }

    private async Task RunAsync(WorkerCall call)
    {
        try
        {
            await _handler(call);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            call.Break();   // The gateway or the test closed the connection; a worker then closes its side as well.
        }
    }
}
