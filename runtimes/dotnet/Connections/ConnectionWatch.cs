namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// Looks after connections while handlers run, whose threads cannot read meanwhile: every few milliseconds instead of being woken for each, because a wake-up costs more than
/// most invocations. So a cancellation may be seen 10 ms late. With nothing to watch it sleeps for good.
/// </summary>
internal sealed class ConnectionWatch(TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Ticks with nothing to look after before it sleeps, so that steady traffic does not wake it each time.</summary>
    private const int IdleTicksMax = 100;

    private readonly Lock _gate = new();
    private readonly object _pause = new();
    private readonly List<IWatchedConnection> _connections = [];
    private volatile bool _isAwake;
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
        if (_isAwake)
        {
            return;
        }

        lock (_gate)
        {
            if (_thread is null)
            {
                _isAwake = true;
                _thread = new Thread(Run) { IsBackground = true, Name = "faas cancellation" };
                _thread.Start();
            }
        }

        lock (_pause)
        {
            Monitor.Pulse(_pause);
        }
    }

    private void Run()
    {
        var watched = new List<IWatchedConnection>();
        var idle = 0;
        while (true)
        {
            if (idle > IdleTicksMax)
            {
                SleepUntilArmed(watched);
                idle = 0;
            }

            lock (_pause)
            {
                Monitor.Wait(_pause, Tick);
            }

            idle = Look(watched) ? 0 : idle + 1;
        }
    }

    private void SleepUntilArmed(List<IWatchedConnection> watched)
    {
        lock (_pause)
        {
            _isAwake = false;
            // An invocation may have seen it awake just before: look once more. One that comes later pulses, once this has begun to wait.
            if (!Look(watched))
            {
                Monitor.Wait(_pause);
            }

            _isAwake = true;
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
