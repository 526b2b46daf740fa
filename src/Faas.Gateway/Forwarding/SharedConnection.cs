using System.Buffers;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// The one connection to a worker over which small invocations go, as many at a time as the instance has slots. There is always a read pending, so it notices at once when the worker
/// ends, however long it has been idle; and what arrives together is handed out together, on the thread that waits for the network.
/// </summary>
internal sealed class SharedConnection : IDisposable
{
    private const int BufferLength = 16 * 1024;

    /// <summary>What a function gets for cleaning up after it was told to stop.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static PayloadWriter? _writer;

    private readonly Instance _instance;
    private readonly Socket _socket;
    private readonly FrameSender _sender;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _gone;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, SharedExchange> _open = [];
    private long _timerSetFor;
    private volatile bool _isClosing;
    private volatile bool _isClosed;

    private SharedConnection(Instance instance, Socket socket, TimeProvider clock)
    {
        _instance = instance;
        _socket = socket;
        _clock = clock;
        _sender = new FrameSender(socket, () => Close("it could not be written to"));
        _timer = clock.CreateTimer(static connection => ((SharedConnection)connection!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _gone = instance.Gone.UnsafeRegister(static connection => ((SharedConnection)connection!).Close(""), this);
    }

    /// <summary>Whether it takes invocations.</summary>
    public bool IsUsable => !_isClosed && !_isClosing;

    /// <summary>The reader; ends, without throwing, when the connection does.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    /// <summary>Connects to a worker, which is immediate or fails.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async ValueTask<SharedConnection> ConnectAsync(Instance instance, TimeProvider clock)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(instance.Endpoint.Socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new SharedConnection(instance, socket, clock);
        using var hello = new PayloadWriter(64);
        hello.BeginFrame();
        hello.U8(1);
        hello.U8((byte)ConnectionRole.Shared);
        hello.Text("");
        hello.EndFrame(FrameType.Hello, 0);
        connection._sender.Send(hello.Written.Span);
        connection.Reading = connection.ReadAsync();
        return connection;
    }

    /// <summary>Sends an invocation with its whole body. Null when the connection has just been closed, so that nothing was sent.</summary>
    public SharedExchange? Begin(LiveInvocation invocation, uint stream, ReadOnlySequence<byte> body)
    {
        var exchange = new SharedExchange(this, invocation, stream);
        var timeout = invocation.Route.Timeout;
        lock (_lock)
        {
            if (_isClosed || _isClosing)
            {
                return null;
            }

            _open.Add(stream, exchange);
            SetDeadline(exchange, timeout);
        }

        var writer = _writer ??= new PayloadWriter();
        writer.Clear();
        WorkerRequestFrames.WriteHead(writer, invocation, stream, body.Length, hasBody: !body.IsEmpty);
        if (!body.IsEmpty)
        {
            writer.BeginFrame();
            foreach (var segment in body)
            {
                writer.Raw(segment.Span);
            }

            writer.EndFrame(FrameType.RequestBody, stream, FrameMarks.EndOfBody);
        }

        _sender.Send(writer.Written.Span);
        exchange.WatchCaller(invocation.Http.RequestAborted);
        return exchange;
    }

    /// <summary>Tells the worker that nobody waits for an answer any more. It then has a second to end the invocation.</summary>
    public void Cancel(SharedExchange exchange, CancelReason reason)
    {
        lock (_lock)
        {
            if (!_open.ContainsKey(exchange.Stream))
            {
                return;
            }

            // A caller who goes away leaves the function its time; after that, and after a timeout, it hangs.
            var left = reason == CancelReason.Timeout ? TimeSpan.Zero : _clock.GetElapsedTime(_clock.GetTimestamp(), exchange.Deadline);
            SetDeadline(exchange, (left > TimeSpan.Zero ? left : TimeSpan.Zero) + Grace);
        }

        using var frame = new PayloadWriter(32);
        frame.BeginFrame();
        frame.U8((byte)reason);
        frame.EndFrame(FrameType.Cancel, exchange.Stream);
        _sender.Send(frame.Written.Span);
    }

    /// <summary>Takes no new invocation, and closes when the last one has ended.</summary>
    public void Dispose()
    {
        bool isIdle;
        lock (_lock)
        {
            _isClosing = true;
            isIdle = _open.Count == 0;
        }

        if (isIdle)
        {
            Close("");
        }
    }

    private void SetDeadline(SharedExchange exchange, TimeSpan within)
    {
        exchange.Deadline = _clock.GetTimestamp() + (long)(within.TotalSeconds * _clock.TimestampFrequency);
        // The timer is not set for each invocation: it stays set for an earlier one's deadline and, when it fires too early, sets itself again.
        if (_timerSetFor == 0 || _timerSetFor > exchange.Deadline)
        {
            _timerSetFor = exchange.Deadline;
            _timer.Change(within, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        List<SharedExchange>? late = null;
        lock (_lock)
        {
            _timerSetFor = 0;
            var now = _clock.GetTimestamp();
            var next = long.MaxValue;
            foreach (var exchange in _open.Values)
            {
                if (exchange.Deadline <= now)
                {
                    (late ??= []).Add(exchange);
                }
                else
                {
                    next = Math.Min(next, exchange.Deadline);
                }
            }

            if (next != long.MaxValue && !_isClosed)
            {
                _timerSetFor = next;
                // Rounded up to whole ms, which is what timers count in: rounding down would spin.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(_clock.GetElapsedTime(now, next).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }
        }

        late?.ForEach(EndLate);
    }

    private void EndLate(SharedExchange exchange)
    {
        if (!exchange.IsDecided)
        {
            exchange.Abandon(SharedOutcome.TimedOut);
            return;
        }

        if (Forget(exchange.Stream) is not null)
        {
            _instance.Gate.Condemn(_instance, $"invocation {exchange.Invocation.Id} went on after it was told to stop");
            exchange.Invocation.ReleaseSlot();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        var reason = "";
        try
        {
            var start = 0;
            var end = 0;
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None, CancellationToken.None);
                if (received == 0)
                {
                    break;
                }

                end += received;
                start += HandOut(buffer.AsMemory(start, end - start));
                (buffer, start, end) = MakeRoom(buffer, start, end);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The worker ended, or this side has closed the connection.
        }
        catch (WorkerProtocolException exception)
        {
            reason = exception.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Close(reason);
    }

    private static (byte[] Buffer, int Start, int End) MakeRoom(byte[] buffer, int start, int end)
    {
        var unread = end - start;
        if (unread == 0 && buffer.Length <= 2 * BufferLength)
        {
            return (buffer, 0, 0);
        }

        // What has begun to come is either small, or one long answer that needs all of this.
        var length = unread < BufferLength / 2 ? BufferLength : unread * 2;
        var target = length <= buffer.Length && buffer.Length <= 2 * BufferLength ? buffer : ArrayPool<byte>.Shared.Rent(length);
        buffer.AsSpan(start, unread).CopyTo(target);
        if (target != buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (target, 0, unread);
    }

    /// <summary>Hands out every answer that is here as a whole. Returns the bytes that are done with.</summary>
    private int HandOut(ReadOnlyMemory<byte> received)
    {
        var done = 0;
        while (SharedAnswer.TryRead(received[done..], out var answer))
        {
            done += answer.Length;
            if (answer.Outcome == SharedOutcome.Moved)
            {
                Move(answer.Stream);
                continue;
            }

            var exchange = Forget(answer.Stream) ?? throw NotUnderWay(answer.Stream);
            if (answer.Outcome == SharedOutcome.CallerGone && !exchange.IsDecided)
            {
                const string WithoutAnswer = "it ended an invocation without an answer";
                exchange.Invocation.Fail(InvocationError.Crashed, $"the instance broke the worker protocol: {WithoutAnswer}");
                exchange.TryEnd(SharedOutcome.Lost);
                throw new WorkerProtocolException(WithoutAnswer);
            }

            if (!exchange.TryAnswer(answer.Outcome, answer.Head.Span, answer.Body.Span))
            {
                exchange.Invocation.ReleaseSlot();   // Nobody waited for it any more but its slot.
            }
        }

        return done;
    }

    /// <summary>An answer goes over a connection of its own. Where its invocation was cancelled meanwhile the two crossed: the worker will end it here.</summary>
    private void Move(uint stream)
    {
        SharedExchange? exchange;
        lock (_lock)
        {
            _open.TryGetValue(stream, out exchange);
        }

        if (exchange is null)
        {
            throw NotUnderWay(stream);
        }

        if (exchange.TryDecide())
        {
            Forget(stream);
            exchange.Complete(SharedOutcome.Moved);
        }
    }

    private static WorkerProtocolException NotUnderWay(uint stream) => new($"it answered invocation {stream}, which is not under way");

    private SharedExchange? Forget(uint stream)
    {
        SharedExchange? exchange;
        bool isLast;
        lock (_lock)
        {
            _open.Remove(stream, out exchange);
            isLast = _isClosing && _open.Count == 0;
        }

        if (isLast)
        {
            Close("");
        }

        return exchange;
    }

    /// <summary>Ends the connection and whatever runs on it. <paramref name="reason"/> says what the worker did wrong; empty when it just ended.</summary>
    private void Close(string reason)
    {
        List<SharedExchange> lost;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            lost = [.. _open.Values];
            _open.Clear();
        }

        _gone.Unregister();
        _timer.Dispose();
        _sender.Dispose();
        _socket.Dispose();
        if (reason.Length > 0)
        {
            _instance.Gate.Condemn(_instance, $"it broke the worker protocol: {reason}");
        }

        foreach (var exchange in lost)
        {
            if (reason.Length > 0)
            {
                exchange.Invocation.Fail(InvocationError.Crashed, $"the instance broke the worker protocol: {reason}");
            }

            if (!exchange.TryEnd(SharedOutcome.Lost))
            {
                exchange.Invocation.ReleaseSlot();
            }
        }
    }
}
