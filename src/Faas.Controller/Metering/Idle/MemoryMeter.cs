using System.Runtime.InteropServices;
using Faas.Storage;

namespace Faas.Controller.Metering.Idle;

/// <summary>
/// Adds up how long memory is allotted: each change of an instance or of the stems ends one stretch of time and begins the next. Durations are the monotonic clock's; the other one only says
/// which day it is. Safe for several threads; never waits for anything but, for the number of stems, their pools.
/// </summary>
internal sealed class MemoryMeter(TimeProvider time)
{
    private readonly Lock _lock = new();

    /// <summary>What is allotted now, in MiB, and up to when it is added up; each for itself, so that a change costs no more with ten thousand functions. Guarded by the lock.</summary>
    private readonly Dictionary<(string Function, MemoryState State), (long MiB, long CountedTo)> _allotted = [];

    /// <summary>MiB-µs of allotted memory that nobody has taken yet. Guarded by the lock.</summary>
    private Dictionary<(DateOnly Day, string Function, MemoryState State), long> _mibUs = [];

    /// <summary>An instance is ready: awake, until something else is said.</summary>
    public MemoryHold Hold(string function, long miB)
    {
        Add(function, MemoryState.Awake, miB);
        return new MemoryHold(this, function, miB);
    }

    /// <summary>The stems have changed; <paramref name="read"/> says how many MiB all that are ready have. It is called here, so that of two changes the later one counts.</summary>
    public void SetStems(Func<long> read)
    {
        lock (_lock)
        {
            Set(("", MemoryState.Stem), read());
        }
    }

    /// <summary>Everything since the last call, up to now.</summary>
    public Dictionary<(DateOnly Day, string Function, MemoryState State), long> Take()
    {
        lock (_lock)
        {
            foreach (var (key, allotted) in _allotted.ToList())
            {
                Set(key, allotted.MiB);
            }

            var taken = _mibUs;
            _mibUs = [];
            return taken;
        }
    }

    /// <summary>What was taken could not be stored: it is there again the next time.</summary>
    public void PutBack(IReadOnlyDictionary<(DateOnly Day, string Function, MemoryState State), long> taken)
    {
        lock (_lock)
        {
            foreach (var (key, mibUs) in taken)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_mibUs, key, out _) += mibUs;
            }
        }
    }

    /// <summary>Memory of one state becomes more, or less.</summary>
    public void Add(string function, MemoryState state, long miB)
    {
        lock (_lock)
        {
            Set((function, state), _allotted.GetValueOrDefault((function, state)).MiB + miB);
        }
    }

    /// <summary>Adds up what was allotted until now, and notes what is from now on.</summary>
    private void Set((string Function, MemoryState State) key, long miB)
    {
        var (timestamp, now) = (time.GetTimestamp(), time.GetUtcNow().UtcDateTime);
        if (_allotted.TryGetValue(key, out var before))
        {
            var elapsed = time.GetElapsedTime(before.CountedTo, timestamp);
            var today = elapsed < now.TimeOfDay ? elapsed : now.TimeOfDay;
            var day = DateOnly.FromDateTime(now);
            AddTo((day, key.Function, key.State), before.MiB, today);
            AddTo((day.AddDays(-1), key.Function, key.State), before.MiB, elapsed - today);   // taken every minute, so that it is never two days
        }

        if (miB == 0)
        {
            _allotted.Remove(key);
        }
        else
        {
            _allotted[key] = (miB, timestamp);
        }
    }

    private void AddTo((DateOnly Day, string Function, MemoryState State) key, long miB, TimeSpan duration)
    {
        if (duration > TimeSpan.Zero)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_mibUs, key, out _) += miB * (duration.Ticks / TimeSpan.TicksPerMicrosecond);
        }
    }
}
