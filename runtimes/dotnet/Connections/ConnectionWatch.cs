namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// Looks after connections while handlers run, whose threads cannot read meanwhile: every few milliseconds instead of being woken for each, because a wake-up costs more than
/// most invocations. So a cancellation may be seen 10 ms late. With nothing to look after it does not tick.
/// </summary>
internal sealed class ConnectionWatch(TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly TickTimer _timer = new();
    private readonly List<IWatchedConnection> _connections = [];
    private volatile bool _ticks;
    private Thread? _thread;

    public TimeProvider Time => time;

    public void Add(IWatchedConnection connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    public void Remove(IWatchedConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Called when there is something to look after.</summary>
    public void Arm()
    {
        if (_ticks)
        {
            return;
        }

        lock (_gate)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "faas watch" };
                _thread.Start();
            }

            Start();
        }
    }

    private void Run()
    {
        var watched = new List<IWatchedConnection>();
        while (true)
        {
            _timer.Wait();
            if (!Look(watched))
            {
                Stop();
                // What began just before saw it tick: look once more. What begins later starts it again.
                if (Look(watched))
                {
                    Arm();
                }
            }
        }
    }

    private void Start()
    {
        _ticks = true;
        _timer.Start(Tick);
    }

    private void Stop()
    {
        lock (_gate)
        {
            _timer.Stop();
            _ticks = false;
        }
    }

    /// <summary>Looks at every connection once. False when none needed it.</summary>
    private bool Look(List<IWatchedConnection> watched)
    {
        watched.Clear();
        lock (_gate)
        {
            watched.AddRange(_connections);
        }

        var any = false;
        foreach (var connection in watched)
        {
            any |= connection.Look();
        }

        return any;
    }
}

/// <summary>A connection on which handlers run.</summary>
internal interface IWatchedConnection
{
    /// <summary>Does what cannot wait until a handler returns. False when nothing runs that needs looking after.</summary>
    bool Look();
}
