namespace Faas.Simulation.Running;

/// <summary>Time that passes only when the schedule says so. What is due at the same moment happens in the order in which it was asked for. One thread.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Due, (long At, long Sequence)> _queue = new(ByTimeAndSequence.Instance);
    private long _now;
    private long _sequence;

    /// <summary>Time since the schedule began.</summary>
    public TimeSpan Now => new(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    // Not from zero: the classes take a timestamp of 0 for "never".
    public override long GetTimestamp() => _now + TimeSpan.TicksPerHour;

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(_now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Does <paramref name="action"/> after <paramref name="delay"/>.</summary>
    public void After(TimeSpan delay, Action action) => Add(delay, new Due(action, null, 0));

    /// <summary>Goes to the next thing that is due before <paramref name="until"/> and does it; false, at that time, when there is none.</summary>
    public bool TryStep(TimeSpan until)
    {
        while (_queue.TryPeek(out var due, out var key) && key.At <= until.Ticks)
        {
            _queue.Dequeue();
            if (due.Timer is { } timer && timer.Version != due.Version)
            {
                continue;   // changed or disposed of since
            }

            _now = Math.Max(_now, key.At);
            if (due.Timer is not null)
            {
                due.Timer.Fire();
            }
            else
            {
                due.Action!();
            }

            return true;
        }

        _now = Math.Max(_now, until.Ticks);
        return false;
    }

    private void Add(TimeSpan delay, Due due) => _queue.Enqueue(due, (_now + Math.Max(0, delay.Ticks), _sequence++));

    private readonly record struct Due(Action? Action, Timer? Timer, int Version);

    private sealed class ByTimeAndSequence : IComparer<(long At, long Sequence)>
    {
        public static readonly ByTimeAndSequence Instance = new();

        public int Compare((long At, long Sequence) x, (long At, long Sequence) y) => x.At != y.At ? x.At.CompareTo(y.At) : x.Sequence.CompareTo(y.Sequence);
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Add(dueTime, new Due(null, this, Version));
            }

            return true;
        }

        public void Fire()
        {
            Version++;
            if (_period > TimeSpan.Zero)
            {
                time.Add(_period, new Due(null, this, Version));
            }

            callback(state);
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
