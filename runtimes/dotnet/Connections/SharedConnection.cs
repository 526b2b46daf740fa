using System.Net.Sockets;
using Faas.Runtime.DotNet.Answers;
using Faas.Runtime.DotNet.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// A gateway's connection for small invocations, as many at a time as the function's concurrency. Its threads take turns: one reads all frames that have come, and all run what was
/// read. While the function is quick the reader runs it itself, one invocation after the other, and the answers leave in one write: no thread is woken, which would cost more than
/// the function. When it is slow, or not known yet, others are called before the reader begins to run; and a quick one that is slow for once is noticed by the watch.
/// </summary>
internal sealed class SharedConnection(Worker worker, Socket socket, FrameReader frames) : IAnswerWay, IWatchedConnection
{
    private readonly Lock _lock = new();
    private readonly Lock _sending = new();
    private readonly Queue<Invocation> _inbox = new();
    private readonly Dictionary<uint, Invocation> _open = [];
    private readonly Stack<ServingThread> _resting = new();
    private readonly List<ServingThread> _threads = [];
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
            var first = new ServingThread(this, worker);
            lock (_lock)
            {
                _threads.Add(first);
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
    public void Send(ReadOnlySpan<byte> answers)
    {
        lock (_sending)
        {
            WorkerSocket.SendAll(socket, answers);
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
                Call(1);   // This thread may wait long, and somebody must read meanwhile.
            }
        }

        Send(announcement);
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
        List<ServingThread>? slow = null;
        lock (_lock)
        {
            if (_open.Count == 0 || _isClosed)
            {
                return false;
            }

            var isStuck = _steps == _stepsSeen;
            _stepsSeen = _steps;
            if (isStuck)
            {
                slow = [.. _threads];
                if (!_isReading || _inbox.Count > 0)
                {
                    Call(Math.Max(1, _inbox.Count));
                }
            }
        }

        slow?.ForEach(thread => thread.SendWhatIsReady());
        return true;
    }

    /// <summary>What <paramref name="thread"/> is to do next: run an invocation, read (null), or end (false).</summary>
    public bool TryNext(ServingThread thread, out Invocation? invocation)
    {
        while (true)
        {
            lock (_lock)
            {
                invocation = null;
                if (_isClosed)
                {
                    return false;
                }

                if (_inbox.TryDequeue(out invocation))
                {
                    _steps++;
                    return true;
                }

                if (!_isReading)
                {
                    _isReading = true;
                    return true;
                }

                if (!thread.HasAnswers)
                {
                    _resting.Push(thread);
                }
            }

            if (thread.HasAnswers)
            {
                thread.SendAnswers();   // Before it rests, and without the lock.
            }
            else if (!thread.Rest() && TryLeave(thread))
            {
                return false;
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
                Call(_usual.ThreadsFor(read));
            }
        }
    }

    /// <summary>Runs an invocation; its answer is in the thread's answers, or has left over a connection of its own.</summary>
    public void Serve(ServingThread thread, Invocation invocation)
    {
        worker.Watch.Arm();
        TimeSpan took;
        try
        {
            took = thread.Run(invocation);
        }
        finally
        {
            lock (_lock)
            {
                _open.Remove(invocation.Stream);
            }

            worker.Running.Exit();
        }

        _usual.Note(took);
        if (!_usual.IsQuick || thread.AreAnswersDue)
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
            for (; _inbox.Count > 0; _inbox.Dequeue())
            {
                worker.Running.Exit();
            }

            while (_resting.TryPop(out var thread))
            {
                thread.Call();
            }
        }

        open.ForEach(Abandon);
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
            case FrameType.Request:
                return TryTake(thread, header, payload, ref read);
            default:
                throw new WorkerProtocolException($"a {header.Type} frame has no place on a shared connection");
        }
    }

    private bool TryTake(ServingThread thread, FrameHeader header, ReadOnlyMemory<byte> payload, ref int read)
    {
        var function = worker.Function;
        var isRefused = function is null || !worker.Running.TryEnter();
        Invocation? invocation = null;
        if (!isRefused)
        {
            var reader = new PayloadReader(payload.Span);
            var head = RequestHead.Read(ref reader);
            var headers = function!.TakesHeaders ? RequestHeaders.Read(ref reader) : [];
            invocation = new Invocation(function, head, headers, header.Stream, worker.Watch);
        }

        if ((header.Flags & FrameMarks.EndOfBody) == 0)
        {
            if (!frames.TryRead(out var bodyHeader, out var body))
            {
                if (!isRefused)
                {
                    worker.Running.Exit();
                }

                return false;
            }

            if (bodyHeader.Type != FrameType.RequestBody || bodyHeader.Stream != header.Stream)
            {
                throw new WorkerProtocolException("a request's body does not follow its head");
            }

            invocation?.Body = body.ToArray();   // The buffer takes the next frames before the handler is through with it.
        }

        if (invocation is null)
        {
            thread.Refuse(header.Stream);
            return true;
        }

        read++;
        lock (_lock)
        {
            _open[header.Stream] = invocation;
            _inbox.Enqueue(invocation);
        }

        return true;
    }

    private void Cancel(uint stream)
    {
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

    private void Abandon(Invocation invocation)
    {
        invocation.Cancel();
        worker.Moved.Find(invocation.Stream)?.Withdraw();
    }

    /// <summary>Calls threads that rest, and starts those that are missing: one for each invocation at most, and one to read. Called with the lock held.</summary>
    private void Call(int count)
    {
        var most = worker.Function is { } function ? function.Spec.Concurrency + 1 : 1;
        for (; count > 0; count--)
        {
            if (_resting.TryPop(out var thread))
            {
                thread.Call();
            }
            else if (_threads.Count < most)
            {
                var another = new ServingThread(this, worker);
                _threads.Add(another);
                Worker.StartThread(() =>
                {
                    using (another)
                    {
                        another.Serve(mayLeave: true);
                    }
                });
            }
        }
    }

    /// <summary>A thread that nobody has called for a while leaves, unless somebody does just now.</summary>
    private bool TryLeave(ServingThread thread)
    {
        lock (_lock)
        {
            if (thread.IsCalled)
            {
                return false;
            }

            var others = _resting.Where(other => other != thread).Reverse().ToList();
            _resting.Clear();
            others.ForEach(_resting.Push);
            return thread.MayLeave && _threads.Remove(thread);
        }
    }
}
