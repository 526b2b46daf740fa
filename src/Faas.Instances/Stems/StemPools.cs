using Faas.Instances.Drivers;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Stems;

/// <summary>
/// Ready stems, as many for each key as demand asks for. Driven by events: whatever changes the state calls <see cref="Pump"/>, which starts what is missing and
/// removes what is too much. All state is guarded by <c>_lock</c>.
/// </summary>
internal sealed partial class StemPools : IAsyncDisposable
{
    /// <summary>Pause between taking a stem and starting its successor, so that the start does not compete with the cold start that took it.</summary>
    private static readonly TimeSpan RefillDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>How often demand is looked at again while more stems are kept than an idle platform needs.</summary>
    private static readonly TimeSpan ReviewInterval = TimeSpan.FromSeconds(15);

    /// <summary>How long callers who wait hold up the making of stems; they are heard of more often than that.</summary>
    private static readonly TimeSpan HoldLength = TimeSpan.FromMilliseconds(200);

    /// <summary>Where there has been no stem at all for this long, one is made whoever waits, or a line that never ends would leave everybody else without any.</summary>
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(30);

    private readonly Func<StemKey, CancellationToken, CancellationToken, Task<LiveSandbox>> _start;
    private readonly IInstanceEvents _events;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly int _parallelStarts;
    private readonly int _stemsMax;
    private readonly int? _stemsPerKey;
    private readonly ITimer _later;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Dictionary<StemKey, Pool> _pools = [];
    private readonly HashSet<Task> _work = [];
    private DateTimeOffset _heldUntil;
    private int _starting;
    private bool _isStopped;

    public StemPools(
        Func<StemKey, CancellationToken, CancellationToken, Task<LiveSandbox>> start, InstanceOptions options, IInstanceEvents events, ILogger logger, TimeProvider time)
    {
        _start = start;
        _parallelStarts = options.ParallelStarts;
        _stemsMax = options.StemsMax;
        _stemsPerKey = options.StemsPerKey;
        _events = events;
        _logger = logger;
        _time = time;
        _later = time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ready stems by runtime.</summary>
    public IReadOnlyDictionary<string, int> Counts()
    {
        lock (_lock)
        {
            return _pools.GroupBy(p => p.Key.Runtime).ToDictionary(g => g.Key, g => g.Sum(p => p.Value.Ready.Count));
        }
    }

    /// <summary>Ready stems by key; keys that are in use and have none are in it.</summary>
    public IReadOnlyDictionary<StemKey, int> CountsByKey()
    {
        lock (_lock)
        {
            return _pools.ToDictionary(pool => pool.Key, pool => pool.Value.Ready.Count);
        }
    }

    /// <summary>Sets how many functions use each key; keys that are missing get no stems.</summary>
    public void SetDeployed(IReadOnlyDictionary<StemKey, int> functions)
    {
        lock (_lock)
        {
            foreach (var key in functions.Keys.Except(_pools.Keys).ToList())
            {
                _pools[key] = new Pool();
            }

            var now = _time.GetUtcNow();
            foreach (var (key, pool) in _pools)
            {
                var count = functions.GetValueOrDefault(key);
                if (count > pool.Functions)
                {
                    pool.Demand.Deployed(now);
                }

                pool.Functions = count;
            }
        }

        Pump();
    }

    /// <summary>For a moment, none is made ahead of its use.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _heldUntil = _time.GetUtcNow() + HoldLength;
        }
    }

    /// <summary>Whether there is a ready one.</summary>
    public bool HasReady(StemKey key)
    {
        lock (_lock)
        {
            return _pools.TryGetValue(key, out var pool) && pool.Ready.Count > 0;
        }
    }

    /// <summary>
    /// Takes a stem: a ready one, or the next that is being made, which is sooner there than another. Null when there is none, or it could not be made. What is
    /// urgent is made with full weight from now on.
    /// </summary>
    public async Task<(LiveSandbox? Stem, bool WasReady)> TryTakeAsync(StemKey key, bool isUrgent, CancellationToken cancellationToken)
    {
        LiveSandbox? taken = null;
        StemStart? coming = null;
        lock (_lock)
        {
            if (_pools.TryGetValue(key, out var pool))
            {
                while (taken is null && pool.Ready.Count > 0)
                {
                    taken = pool.Ready[0];
                    pool.Ready.RemoveAt(0);
                    taken = taken.Ended.IsCompleted ? null : taken;   // died just now: its own continuation removes it
                }

                coming = taken is null ? pool.Starting.Find(s => s.TryClaim(isUrgent)) : null;
                var now = _time.GetUtcNow();
                pool.Demand.Taken(now);
                pool.NotBefore = Later(pool.NotBefore, now + RefillDelay);
            }
        }

        Pump();
        if (taken is not null)
        {
            _events.StemsChanged();
        }

        return coming is null ? (taken, taken is not null) : (await coming.WaitAsync(cancellationToken), false);
    }

    public async ValueTask DisposeAsync()
    {
        List<LiveSandbox> ready;
        lock (_lock)
        {
            _isStopped = true;
            ready = [.. _pools.Values.SelectMany(p => p.Ready)];
            _pools.Clear();
        }

        _stopped.TrySetResult();
        await _stopping.CancelAsync();
        await _later.DisposeAsync();
        await Task.WhenAll(ready.Select(s => s.RemoveAsync()));
        Task[] work;
        lock (_lock)
        {
            work = [.. _work];
        }

        await Task.WhenAll(work);
        _stopping.Dispose();
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private void Pump()
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            var now = _time.GetUtcNow();
            foreach (var (key, pool) in _pools.ToList())
            {
                pool.Target = _stemsPerKey is { } own ? Math.Min(pool.Functions, own) : pool.Demand.Target(pool.Functions, now);
                while (pool.Ready.Count > pool.Target)
                {
                    Track(pool.Ready[^1].RemoveAsync());
                    pool.Ready.RemoveAt(pool.Ready.Count - 1);
                    Track(Task.Run(_events.StemsChanged));
                }

                pool.EmptySince = pool.Count == 0 ? pool.EmptySince ?? now : null;
                if (pool is { Functions: 0, Count: 0 })
                {
                    _pools.Remove(key);
                }
            }

            // Emptiest first, so that every key has one before any has three.
            while (_starting < _parallelStarts && _pools.Values.Sum(p => p.Count) < _stemsMax
                && _pools.Where(p => p.Value.MayStart(_heldUntil, now) <= now).OrderBy(p => p.Value.Count).FirstOrDefault() is { Key: { } key, Value: { } pool })
            {
                var start = new StemStart(_time);
                pool.Starting.Add(start);
                _starting++;
                Track(Task.Run(() => StartOneAsync(key, pool, start)));
            }

            var waits = _pools.Values.Select(p => p.MayStart(_heldUntil, now)).OfType<DateTimeOffset>().Where(at => at > now).Select(at => at - now).ToList();
            if (_stemsPerKey is null && _pools.Values.Any(p => p.Target > StemDemand.Least))
            {
                waits.Add(ReviewInterval);
            }

            if (waits.Count > 0)
            {
                _later.Change(waits.Min() + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task StartOneAsync(StemKey key, Pool pool, StemStart start)
    {
        LiveSandbox? stem = null;
        var began = _time.GetTimestamp();
        try
        {
            stem = await _start(key, start.Hurry, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        catch (StemException e)
        {
            Log.NotStarted(_logger, key, e.Message, e.Tail.Count > 0 ? e.Tail[^1] : "no output");
        }

        if (!Admit(pool, start, stem, _time.GetElapsedTime(began)) && stem is not null)
        {
            await stem.RemoveAsync();
        }

        start.Dispose();
        _events.StemsChanged();
        Pump();
    }

    /// <summary>Gives a new stem to who claimed it, or keeps it. False when nobody wants it.</summary>
    private bool Admit(Pool pool, StemStart start, LiveSandbox? stem, TimeSpan took)
    {
        lock (_lock)
        {
            pool.Starting.Remove(start);
            _starting--;
            if (stem is null || _isStopped)
            {
                start.TryGive(null);
                if (stem is null)
                {
                    BackOff(pool);
                }

                return false;
            }

            pool.Failures = 0;
            pool.Demand.Made(took);
            if (start.TryGive(stem))
            {
                return true;
            }

            pool.Ready.Add(stem);
            Track(WatchAsync(stem, pool));
            return true;
        }
    }

    /// <summary>Replaces a stem that dies while it waits. Ends without effect once the stem was taken.</summary>
    private async Task WatchAsync(LiveSandbox stem, Pool pool)
    {
        await Task.WhenAny(stem.Ended, _stopped.Task).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            if (_isStopped || !pool.Ready.Remove(stem))
            {
                return;
            }

            BackOff(pool);
        }

        await stem.RemoveAsync();
        _events.StemsChanged();
        Pump();
    }

    private void BackOff(Pool pool)
    {
        var pause = TimeSpan.FromTicks(Math.Min(BackOffMax.Ticks, BackOffMin.Ticks << Math.Min(pool.Failures, 10)));
        pool.Failures++;
        pool.NotBefore = Later(pool.NotBefore, _time.GetUtcNow() + pause);
    }

    private void Track(Task task)
    {
        lock (_lock)
        {
            _work.RemoveWhere(t => t.IsCompleted);
            _work.Add(task);
        }
    }

    private sealed class Pool
    {
        public List<LiveSandbox> Ready { get; } = [];

        public StemDemand Demand { get; } = new();

        /// <summary>Deployed functions that use the key.</summary>
        public int Functions { get; set; }

        public int Target { get; set; }

        public List<StemStart> Starting { get; } = [];

        public int Count => Ready.Count + Starting.Count;

        public int Failures { get; set; }

        public DateTimeOffset NotBefore { get; set; }

        /// <summary>Since when it has had none, and none under way.</summary>
        public DateTimeOffset? EmptySince { get; set; }

        /// <summary>When the next one may be started; null while there are enough.</summary>
        public DateTimeOffset? MayStart(DateTimeOffset heldUntil, DateTimeOffset now)
        {
            if (Count >= Target)
            {
                return null;
            }

            var holdEnd = (EmptySince ?? now) + HoldMax;
            return Later(NotBefore, EmptySince is null || heldUntil < holdEnd ? heldUntil : holdEnd);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3002, LogLevel.Warning, "A stem for {Key} could not be started: {Reason} ({LastLine})")]
        public static partial void NotStarted(ILogger logger, StemKey key, string reason, string lastLine);
    }
}
