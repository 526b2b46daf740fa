using Faas.WorkerProtocol.Polling;

namespace Faas.Gateway.Polling;

/// <summary>
/// One thread that waits for its sockets and handles their events. Unlike .NET's own it knows when it has handled all that came together, so that what was gathered meanwhile leaves
/// in one send (<see cref="AtEnd"/>), and costs one system call less for each message: it reads when there is something to read, and doesn't try before.
/// </summary>
internal sealed partial class EventLoop : IDisposable
{
    /// <summary>
    /// Events handled before what was gathered is sent: workers should not idle while a long row of requests is read.
    /// </summary>
    private const int EventsMax = 16;

    private const ulong WakeToken = ulong.MaxValue;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly int _epoll = Epoll.Create();
    private readonly int _wake = Epoll.CreateCounter();
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private readonly List<ILoopWork> _atEnd = [];
    private PolledSocket?[] _sockets = new PolledSocket?[64];
    private List<ILoopWork> _posted = [];
    private List<ILoopWork> _running = [];
    private uint _generation;
    private int _used;
    private volatile bool _isStopping;

    public EventLoop(string name, ILogger logger)
    {
        _logger = logger;
        Epoll.Control(_epoll, Epoll.Add, _wake, Epoll.Readable, WakeToken);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The loop whose thread this is; null on other threads.</summary>
    public static EventLoop? Current => _current;

    /// <summary>Begins to wait for a socket's events.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public void Watch(PolledSocket socket)
    {
        lock (_lock)
        {
            var index = _free.TryPop(out var free) ? free : _used++;
            if (index == _sockets.Length)
            {
                var larger = new PolledSocket?[_sockets.Length * 2];
                _sockets.CopyTo(larger, 0);
                Volatile.Write(ref _sockets, larger);
            }

            // The generation tells a socket's own events from those of an earlier one in its place, which may be in the batch that is being handled.
            socket.Token = ((ulong)(++_generation & 0x7FFF_FFFF) << 32) | (uint)index;
            _sockets[index] = socket;
        }

        Epoll.Control(_epoll, Epoll.Add, socket.Descriptor, PolledSocket.Always, socket.Token);
    }

    /// <summary>Also tells, once, when the socket can be written to. It is told at once when it can be already.</summary>
    public void WatchWriting(PolledSocket socket) => Epoll.Control(_epoll, Epoll.Modify, socket.Descriptor, PolledSocket.Always | Epoll.Writable, socket.Token);

    /// <summary>Does not tell of writing any more.</summary>
    public void UnwatchWriting(PolledSocket socket) => Epoll.Control(_epoll, Epoll.Modify, socket.Descriptor, PolledSocket.Always, socket.Token);

    /// <summary>Handles no more events of a socket. To be called before it is closed, once.</summary>
    public void Forget(PolledSocket socket)
    {
        lock (_lock)
        {
            var index = (int)(uint)socket.Token;
            _sockets[index] = null;
            _free.Push(index);
        }

        Epoll.Control(_epoll, Epoll.Delete, socket.Descriptor, 0, 0);
    }

    /// <summary>Does something on this loop's thread, soon.</summary>
    public void Post(ILoopWork work)
    {
        bool isFirst;
        lock (_lock)
        {
            _posted.Add(work);
            isFirst = _posted.Count == 1;
        }

        if (isFirst)
        {
            Epoll.Signal(_wake);
        }
    }

    /// <summary>Does something when all events that came together are handled. On this loop's thread only.</summary>
    public void AtEnd(ILoopWork work) => _atEnd.Add(work);

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = true;
        Epoll.Signal(_wake);
        if (_current != this)
        {
            _thread.Join();
        }

        Epoll.Close(_wake);
        Epoll.Close(_epoll);
    }

    private void Run()
    {
        _current = this;
        Span<byte> events = stackalloc byte[EventsMax * Epoll.EventLength];
        while (!_isStopping)
        {
            var count = Epoll.Wait(_epoll, events);
            for (var i = 0; i < count; i++)
            {
                var (what, token) = Epoll.Read(events, i);
                Handle(what, token);
            }

            for (var i = 0; i < _atEnd.Count; i++)   // What runs may add more.
            {
                Do(_atEnd[i]);
            }

            _atEnd.Clear();
        }
    }

    private void Handle(uint what, ulong token)
    {
        if (token == WakeToken)
        {
            RunPosted();
            return;
        }

        if (Volatile.Read(ref _sockets)[(int)(uint)token] is not { } socket || socket.Token != token)
        {
            return;
        }

        try
        {
            socket.OnReady(what);
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
            Fail(socket, exception);
        }
    }

    /// <summary>What fails while it is closed is left as it is: an exception from here would end the thread, and with it the process.</summary>
    private void Fail(PolledSocket socket, Exception exception)
    {
        try
        {
            socket.OnFault(exception);
        }
        catch (Exception another)
        {
            Log.Failed(_logger, another);
        }
    }

    private void RunPosted()
    {
        Epoll.Reset(_wake);
        lock (_lock)
        {
            (_posted, _running) = (_running, _posted);
        }

        foreach (var work in _running)
        {
            Do(work);
        }

        _running.Clear();
    }

    /// <summary>One failure must not end the thread on which all others depend.</summary>
    private void Do(ILoopWork work)
    {
        try
        {
            work.Run();
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1060, LogLevel.Error, "Handling an event of the network failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
