using System.Buffers;
using System.Net.Sockets;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.Gateway.Polling;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// The one connection to a worker over which small invocations go, as many at a time as the instance has slots. There is always a read pending, so it notices at once when the worker
/// ends, however long it has been idle; and what arrives together is handed out together, on the thread that waits for the network.
/// </summary>
internal sealed class SharedConnection : IDisposable
{
    /// <summary>What a function gets for cleaning up after it was told to stop.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static PayloadWriter? _writer;

    private readonly Instance _instance;
    private readonly WorkerLine _line;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly ITimer _heldUpTimer;
    private readonly RunOrder _order;
    private readonly CancellationTokenRegistration _gone;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, SharedExchange> _open = [];
    private readonly List<SharedExchange> _moved = [];
    private long _timerSetFor;
    private long _endsSeen;
    private bool _isHeldUpTimerSet;
    private volatile bool _isClosing;
    private volatile bool _isClosed;

    private SharedConnection(Instance instance, Socket socket, EventLoop loop, TimeProvider clock)
    {
        _instance = instance;
        _clock = clock;
        _order = new RunOrder(instance.Slots);
        _line = new WorkerLine(loop, socket, received => HandOut(received, clock.GetTimestamp()), Close);
        _timer = clock.CreateTimer(static connection => ((SharedConnection)connection!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _heldUpTimer = clock.CreateTimer(static connection => ((SharedConnection)connection!).OnHeldUpTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _gone = instance.Gone.UnsafeRegister(static line => ((WorkerLine)line!).StopReading(), _line);
    }

    /// <summary>Whether it takes invocations.</summary>
    public bool IsUsable => !_isClosed && !_isClosing;

    /// <summary>Connects to a worker, which is immediate or fails.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async ValueTask<SharedConnection> ConnectAsync(Instance instance, EventLoop loop, TimeProvider clock)
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

        var connection = new SharedConnection(instance, socket, loop, clock);
        using var hello = new PayloadWriter(64);
        hello.BeginFrame();
        hello.U8(1);
        hello.U8((byte)ConnectionRole.Shared);
        hello.Text("");
        hello.EndFrame(FrameType.Hello, 0);
        connection._line.Open();
        connection._line.Sender.Add(hello.Written.Span);
        connection._line.Sender.Send();
        return connection;
    }

    /// <summary>Sends an invocation with its whole body. Null when the connection has just been closed, so that nothing was sent.</summary>
    public SharedExchange? Begin(LiveInvocation invocation, uint stream, ReadOnlySequence<byte> body)
    {
        var exchange = new SharedExchange(this, invocation, stream);
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

        lock (_lock)
        {
            if (_isClosed || _isClosing)
            {
                return null;
            }

            _open.Add(stream, exchange);
            if (_order.TryStart(exchange))
            {
                exchange.TurnAt = _clock.GetTimestamp();
                SetDeadline(exchange, invocation.Route.Timeout, exchange.TurnAt);
            }
            else
            {
                HoldBack(exchange);
            }

            _line.Sender.Add(writer.Written.Span);   // Here, so that the worker gets them in the order that _order knows.
        }

        _line.Sender.Send();
        exchange.WatchCaller(invocation.CallerGone);
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

            if (!exchange.IsHeld)
            {
                // A caller who goes away leaves the function its time; after that, and after a timeout, it hangs.
                var now = _clock.GetTimestamp();
                var left = reason == CancelReason.Timeout ? TimeSpan.Zero : _clock.GetElapsedTime(now, exchange.Deadline);
                SetDeadline(exchange, (left > TimeSpan.Zero ? left : TimeSpan.Zero) + Grace, now);
            }
        }

        using var frame = new PayloadWriter(32);
        frame.BeginFrame();
        frame.U8((byte)reason);
        frame.EndFrame(FrameType.Cancel, exchange.Stream);
        _line.Sender.Add(frame.Written.Span);
        _line.Sender.Send();
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

    private void SetDeadline(SharedExchange exchange, TimeSpan within, long now)
    {
        exchange.Deadline = now + (long)(within.TotalSeconds * _clock.TimestampFrequency);
        // The timer is not set for each invocation: it stays set for an earlier one's deadline and, when it fires too early, sets itself again.
        if (_timerSetFor == 0 || _timerSetFor > exchange.Deadline)
        {
            _timerSetFor = exchange.Deadline;
            _timer.Change(within, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Its time begins with its turn. Called with the lock held.</summary>
    private void HoldBack(SharedExchange exchange)
    {
        exchange.Invocation.HoldBack();
        exchange.Deadline = long.MaxValue;
        if (!_isHeldUpTimerSet)
        {
            _isHeldUpTimerSet = true;
            _endsSeen = _order.Ends;
            _heldUpTimer.Change(_instance.Gate.HeldUpAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnHeldUpTimer()
    {
        var isHeldUp = false;
        lock (_lock)
        {
            _isHeldUpTimerSet = _order.Held > 0 && !_isClosed;
            if (_isHeldUpTimerSet)
            {
                isHeldUp = _order.Ends == _endsSeen;
                _endsSeen = _order.Ends;
                _heldUpTimer.Change(_instance.Gate.HeldUpAfter, Timeout.InfiniteTimeSpan);
            }
        }

        if (isHeldUp)
        {
            Recall();
        }
    }

    /// <summary>What runs does not end for now: what was sent ahead is asked back, so that another instance may run it.</summary>
    private void Recall()
    {
        _instance.Gate.NoteHeldUp(_instance);
        lock (_lock)
        {
            foreach (var exchange in _order.ToRecall())
            {
                exchange.IsRecalled = true;
                using var frame = new PayloadWriter(16);
                frame.BeginFrame();
                frame.EndFrame(FrameType.Recall, exchange.Stream);
                _line.Sender.Add(frame.Written.Span);
            }
        }

        _line.Sender.Send();
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

        if (Forget(exchange.Stream, exchange.Deadline) is not null)
        {
            _instance.Gate.Condemn(_instance, $"invocation {exchange.Invocation.Id} went on after it was told to stop");
            exchange.Invocation.ReleaseSlot();
        }
    }

    /// <summary>Hands out every answer that is here as a whole. Returns the bytes that are done with.</summary>
    private int HandOut(ReadOnlyMemory<byte> received, long now)
    {
        var done = 0;
        var ends = _order.Held > 0 ? SharedAnswer.CountIn(received) : 1;
        while (SharedAnswer.TryRead(received[done..], out var answer))
        {
            done += answer.Length;
            if (answer.Outcome == SharedOutcome.Moved)
            {
                Move(answer.Stream);
                continue;
            }

            var exchange = Forget(answer.Stream, now, ends--, answer.End) ?? throw NotUnderWay(answer.Stream);
            if (answer.Outcome == SharedOutcome.CallerGone && !exchange.IsDecided)
            {
                const string WithoutAnswer = "it ended an invocation without an answer";
                exchange.Invocation.Fail(InvocationError.Crashed, $"the instance broke the worker protocol: {WithoutAnswer}");
                exchange.TryEnd(SharedOutcome.Lost);
                throw new WorkerProtocolException(WithoutAnswer);
            }

            var outcome = answer.Outcome == SharedOutcome.Refused && exchange.IsRecalled ? SharedOutcome.GivenBack : answer.Outcome;
            if (!exchange.TryAnswer(outcome, answer.Head.Span, answer.Body.Span))
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
            lock (_lock)
            {
                _open.Remove(stream);
                _moved.Add(exchange);
            }

            exchange.Invocation.BeforeRelease = () => EndMoved(exchange);
            Recall();
            exchange.Complete(SharedOutcome.Moved);
        }
    }

    private void EndMoved(SharedExchange exchange)
    {
        lock (_lock)
        {
            if (!_isClosed && _moved.Remove(exchange))
            {
                Turn(exchange, _clock.GetTimestamp());
            }
        }
    }

    /// <summary>The exchange has ended: the next one's turn begins. Called with the lock held.</summary>
    private void Turn(SharedExchange exchange, long at)
    {
        if (_order.End(exchange) is { } next)
        {
            next.TurnAt = next.Invocation.StartHeldBack(at);
            SetDeadline(next, next.Invocation.Route.Timeout, next.TurnAt);
        }
    }

    private static WorkerProtocolException NotUnderWay(uint stream) => new($"it answered invocation {stream}, which is not under way");

    /// <summary>
    /// An exchange has ended. Where <paramref name="ends"/> came in one read, of invocations that ran one after the other, nobody knows when each of them ended: they share the time evenly.
    /// </summary>
    private SharedExchange? Forget(uint stream, long now, int ends = 1, EndOfInvocation end = default)
    {
        SharedExchange? exchange;
        bool isLast;
        lock (_lock)
        {
            if (_open.Remove(stream, out exchange))
            {
                var at = ends > 1 && !exchange.IsHeld ? exchange.TurnAt + (Math.Max(0, now - exchange.TurnAt) / ends) : Math.Max(now, exchange.TurnAt);
                exchange.Invocation.EndRun(at, end);
                Turn(exchange, at);
            }

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
            // The End of a moved one comes over another connection and may be unread there, so whoever is next behind it may have begun.
            _moved.ForEach(exchange => _order.End(exchange));
            lost = [.. _open.Values];
            _open.Clear();
        }

        _gone.Unregister();
        _timer.Dispose();
        _heldUpTimer.Dispose();
        _line.Dispose();
        if (reason.Length > 0)
        {
            _instance.Gate.Condemn(_instance, $"it broke the worker protocol: {reason}");
        }

        foreach (var exchange in lost)
        {
            // What a worker says that does not speak the protocol tells nothing about what has begun.
            var hasNotBegun = exchange.IsHeld && reason.Length == 0;
            if (reason.Length > 0)
            {
                exchange.Invocation.Fail(InvocationError.Crashed, $"the instance broke the worker protocol: {reason}");
            }

            if (!exchange.TryEnd(hasNotBegun ? SharedOutcome.GivenBack : SharedOutcome.Lost))
            {
                exchange.Invocation.ReleaseSlot();
            }
        }
    }
}
