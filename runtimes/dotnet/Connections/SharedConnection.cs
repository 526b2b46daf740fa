using System.Net.Sockets;
using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// A gateway's connection for small invocations, as many at a time as the function's concurrency. Its threads take turns: one reads all frames that have come, and all run what was
/// read. While the function is quick the reader runs it itself, one invocation after the other, and the answers leave in one write: no thread is woken, which would cost more than
/// the function. When it is slow, or not known yet, others are called before the reader begins to run; and a quick one that is slow for once is noticed by the watch.
/// What exceeds the concurrency waits in line until an End has left; the thread that has sent it goes on with the next one.
/// </summary>
internal sealed class SharedConnection(Worker worker, Socket socket, FrameReader frames) : IAnswerWay, IWatchedConnection
{
    private readonly Lock _lock = new();
    private readonly Lock _sending = new();
    private readonly WaitingLine _line = new(worker);
    private readonly Dictionary<uint, Invocation> _open = [];
    private readonly ServingThreads _threads = new(worker);
    private readonly RunningTime _usual = new();
    private bool _isReading;
    private bool _isClosed;
    private long _steps;
    private long _stepsSeen;

    /// <inheritdoc />
    public Socket? Socket => null;

    /// <summary>Serves until the gateway closes the connection, with this thread and those that it calls.</summary>
    public void Run()
    {
        worker.Watch.Add(this);
        try
        {
            ServingThread first;
            lock (_lock)
            {
                first = _threads.Add(this);
            }

            using (first)
            {
                first.Serve(mayLeave: false);
            }
        }
        finally
        {
            worker.Watch.Remove(this);
        }
    }

    /// <inheritdoc />
    public void Send(ReadOnlySpan<byte> answers, int ended)
    {
        try
        {
            lock (_sending)
            {
                WorkerSocket.SendAll(socket, answers);
            }
        }
        finally
        {
            End(ended);
        }
    }

    /// <inheritdoc />
    public Socket Move(uint stream, ReadOnlySpan<byte> announcement)
    {
        MovedAnswer moved;
        lock (_lock)
        {
            if (!_open.TryGetValue(stream, out var invocation))
            {
                throw new OperationCanceledException("the connection was closed before the answer was taken");
            }

            moved = worker.Moved.Add(invocation);
            if (invocation.IsCancelled)
            {
                throw new OperationCanceledException("the invocation was cancelled before its answer began");
            }

            if (!_isReading)
            {
                _threads.Call(1, this);   // This thread may wait long, and somebody must read meanwhile.
            }
        }

        Send(announcement, ended: 0);
        var socketOfItsOwn = moved.WaitForSocket();
        lock (_lock)
        {
            _open.Remove(stream);   // From now on it belongs to that connection.
        }

        return socketOfItsOwn;
    }

    /// <inheritdoc />
    public bool Look()
    {
        if (worker.Running.IsDraining)
        {
            GiveBackQuietly();
        }

        List<ServingThread>? stuck = null;
        lock (_lock)
        {
            if (_open.Count == 0 || _isClosed)
            {
                return false;
            }

            if (_steps == _stepsSeen)
            {
                stuck = _threads.All;
            }

            _stepsSeen = _steps;
            // Slow ones that end keep a Recall waiting like one that does not.
            if (stuck is not null || (_line.Count > 0 && !_usual.IsQuick))
            {
                _threads.Call(_line.Ready + (_isReading ? 0 : 1), this);
            }
        }

        if (stuck is not null)
        {
            stuck.ForEach(thread => thread.SendWhatIsReady());
            lock (_lock)
            {
                _threads.Call(_line.Ready, this);   // Those Ends may have made room.
            }
        }

        return true;
    }

    /// <summary>What <paramref name="thread"/> is to do next: run an invocation, read (null), or end (false).</summary>
    public bool TryNext(ServingThread thread, out Invocation? invocation)
    {
        while (true)
        {
            if (worker.Running.IsDraining)
            {
                GiveBack();
            }

            lock (_lock)
            {
                invocation = null;
                if (_isClosed)
                {
                    return false;
                }

                if (_line.TryBegin(out invocation))
                {
                    _steps++;
                    return true;
                }

                // Answers leave first where others wait for it.
                if (NeedsReader && !(thread.HasAnswers && _line.Count > 0))
                {
                    _isReading = true;
                    return true;
                }

                if (!thread.HasAnswers)
                {
                    _threads.Rest(thread);
                }
            }

            if (thread.HasAnswers)
            {
                thread.SendAnswers();   // Before it rests, and without the lock.
            }
            else if (!thread.Rest())
            {
                lock (_lock)
                {
                    if (_threads.TryLeave(thread))
                    {
                        return false;
                    }
                }
            }
        }
    }

    /// <summary>Reads all frames that have come, waiting for the first. What must not wait for that is in <paramref name="thread"/>'s answers.</summary>
    public void Read(ServingThread thread)
    {
        var read = 0;
        if (!frames.HasFrame)
        {
            thread.SendAnswers();
        }

        do
        {
            if (!TryReadOne(thread, ref read))
            {
                Close();
                return;
            }
        }
        while (frames.HasFrame);

        lock (_lock)
        {
            _isReading = false;
            // Where only one runs at a time there is nothing more to be read but its cancellation, for which the watch calls somebody.
            if (read > 0 && worker.Function is { Spec.Concurrency: > 1 })
            {
                _threads.Call(_usual.ThreadsFor(Math.Min(read, _line.Ready)), this);
            }
        }
    }

    /// <summary>Runs an invocation; its answer is in the thread's answers, or has left over a connection of its own.</summary>
    public void Serve(ServingThread thread, Invocation invocation)
    {
        worker.Watch.Arm();
        TimeSpan took;
        var leaves = false;   // with the thread's answers
        bool isAwaited;
        try
        {
            took = thread.Run(invocation, _usual.IsBrief);
            leaves = !thread.HasMoved;
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(invocation.Stream);
                isAwaited = _line.IsHeldBack;
            }

            End(leaves ? 0 : 1);
        }

        _usual.Note(took);
        if (isAwaited || !_usual.IsQuick || thread.AreAnswersDue)
        {
            thread.SendAnswers();
        }
    }

    /// <summary>The gateway has closed the connection, or broken the protocol.</summary>
    public void Close()
    {
        List<Invocation> open;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            open = [.. _open.Values];
            _open.Clear();
            worker.Running.Exit(_line.TakeAll().Length);
            _threads.CallAll();
        }

        open.ForEach(Abandon);
    }

    /// <summary>
    /// Whether a thread that has nothing else to do is to read. Not beside those that run one quick invocation of the line after the other: they read when it is empty, and to wake a
    /// thread for each request meanwhile costs more than the request. Called with the lock held.
    /// </summary>
    private bool NeedsReader => !_isReading && (!_line.IsHeldBack || !_usual.IsQuick || _steps == _stepsSeen);

    /// <summary>The End of so many invocations has left, or cannot any more.</summary>
    private void End(int count)
    {
        if (count == 0)
        {
            return;
        }

        lock (_lock)
        {
            _line.End(count);
        }

        worker.Running.Exit(count);
    }

    private bool TryReadOne(ServingThread thread, ref int read)
    {
        if (!frames.TryRead(out var header, out var payload))
        {
            return false;
        }

        switch (header.Type)
        {
            case FrameType.Cancel:
                Cancel(header.Stream);
                return true;
            case FrameType.Recall:
                TryGiveBack(header.Stream);
                return true;
            case FrameType.Request:
                return TryTake(thread, header, payload, ref read);
            default:
                throw new WorkerProtocolException($"a {header.Type} frame has no place on a shared connection");
        }
    }

    private bool TryTake(ServingThread thread, FrameHeader header, ReadOnlyMemory<byte> payload, ref int read)
    {
        Invocation? invocation = null;
        if (worker.Function is { } function)
        {
            var reader = new PayloadReader(payload.Span);
            var head = RequestHead.Read(ref reader);
            var (headers, traceParent) = RequestHeaders.Read(ref reader, function.TakesHeaders, head.IsTraced);
            invocation = new Invocation(function, head, headers, header.Stream, worker.Watch) { TraceParent = traceParent };
        }

        if ((header.Flags & FrameMarks.EndOfBody) == 0)
        {
            if (!frames.TryRead(out var bodyHeader, out var body))
            {
                return false;
            }

            if (bodyHeader.Type != FrameType.RequestBody || bodyHeader.Stream != header.Stream)
            {
                throw new WorkerProtocolException("a request's body does not follow its head");
            }

            invocation?.Body = body.ToArray();   // The buffer takes the next frames before the handler is through with it.
        }

        if (invocation is null || !worker.Running.TryEnter())
        {
            thread.Refuse(header.Stream);
            return true;
        }

        read++;
        lock (_lock)
        {
            _open[header.Stream] = invocation;
            _line.Add(invocation);
        }

        return true;
    }

    private void Cancel(uint stream)
    {
        if (TryGiveBack(stream))
        {
            return;
        }

        Invocation? invocation;
        lock (_lock)
        {
            _open.TryGetValue(stream, out invocation);
        }

        if (invocation is not null)
        {
            Abandon(invocation);
        }
    }

    /// <summary>Gives an invocation back that has not begun. False when it has, or has ended, or is not known.</summary>
    private bool TryGiveBack(uint stream)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(stream, out var invocation) || !_line.TryTakeOut(invocation))
            {
                return false;
            }

            _open.Remove(stream);
        }

        Refuse([stream]);
        return true;
    }

    /// <summary>Gives everything back that has not begun: the worker drains.</summary>
    private void GiveBack()
    {
        uint[] streams;
        lock (_lock)
        {
            streams = _line.TakeAll();
            foreach (var stream in streams)
            {
                _open.Remove(stream);
            }
        }

        Refuse(streams);
    }

    private void GiveBackQuietly()
    {
        try
        {
            GiveBack();
        }
        catch (PeerGoneException)
        {
            // The reader sees it too.
        }
    }

    /// <summary>Answers, at once and not behind what gathers, that these do not begin. They were counted as running when they were read.</summary>
    private void Refuse(ReadOnlySpan<uint> streams)
    {
        if (streams.IsEmpty)
        {
            return;
        }

        using var writer = new PayloadWriter();
        foreach (var stream in streams)
        {
            writer.BeginFrame();
            new EndOfInvocation(EndOutcome.Refused, RunMicros: 0, CpuMicros: 0, PeakKiB: 0).Write(writer);
            writer.EndFrame(FrameType.End, stream);
        }

        try
        {
            Send(writer.Written.Span, ended: 0);
        }
        finally
        {
            worker.Running.Exit(streams.Length);
        }
    }

    private void Abandon(Invocation invocation)
    {
        invocation.Cancel();
        worker.Moved.Find(invocation.Stream)?.Withdraw();
    }
}
