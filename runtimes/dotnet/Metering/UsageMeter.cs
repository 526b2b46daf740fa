using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Metering;

/// <summary>
/// What invocations use: CPU time and peak memory of the whole process, so that threads of the function's own and the garbage collector count. Invocations that run at the same time share what is
/// used meanwhile evenly. To read it is a system call that looks at every thread (4 to 10 µs with twenty of them), so invocations of a function that is brief as a rule do not read it: they are charged
/// their running time, times the share of it that was CPU time in the last few milliseconds.
/// </summary>
internal sealed class UsageMeter(TimeProvider time)
{
    /// <summary>What ends within this is charged by its running time.</summary>
    public static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(1);

    /// <summary>So old may be what is compared with where others run, too: who gets what of it is a convention anyway.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMicroseconds(500);

    /// <summary>So often the share of CPU time in brief invocations is looked at.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly PeakMemory _peak = new();

    /// <summary>The process's CPU time at the last reading, in µs.</summary>
    private long _cpu;
    private long _readAt;

    /// <summary>What each of the invocations that are measured has used by now, in µs, if it had run for ever: who has begun at one value and ends at another used the difference.</summary>
    private double _each;

    /// <summary>Invocations that are measured.</summary>
    private int _running;

    /// <summary>Of brief invocations since the last reading: how long they ran, in µs, and what of it they were charged.</summary>
    private long _briefRan;
    private long _briefCharged;

    /// <summary>CPU time of one second of a brief invocation; at first they are thought to compute.</summary>
    private double _rate = 1;

    /// <summary>An invocation begins, at this timestamp.</summary>
    /// <param name="isBrief">Whether its function is brief as a rule.</param>
    /// <param name="at">The timestamp.</param>
    public MeteredRun Begin(bool isBrief, long at)
    {
        if (isBrief)
        {
            return new MeteredRun(at, null);
        }

        lock (_lock)
        {
            if (_running == 0)
            {
                _peak.Reset();
            }

            if (_running == 0 || IsStale(at, Stale))
            {
                Advance(at);
            }

            _running++;
            return new MeteredRun(at, _each);
        }
    }

    /// <summary>It has ended, after this time. Returns its CPU time in µs, at least 1, and the peak in KiB.</summary>
    public (uint CpuMicros, uint PeakKiB) End(MeteredRun run, TimeSpan ran)
    {
        var now = run.At + (long)(ran.TotalSeconds * time.TimestampFrequency);
        var used = run.Each is { } each ? EndMeasured(each, time.GetTimestamp()) : ran > Brief ? EndUnexpected(now) : EndBrief(ran, now);
        return ((uint)Math.Clamp(used, 1, uint.MaxValue), (uint)Volatile.Read(ref _peak.KiB));
    }

    private double EndMeasured(double each, long now)
    {
        lock (_lock)
        {
            if (_running == 1 || IsStale(now, Stale))
            {
                Advance(now);
            }

            _running--;
            return _each - each;
        }
    }

    /// <summary>One that took long for once: it has what is nobody else's since the last reading.</summary>
    private double EndUnexpected(long now)
    {
        lock (_lock)
        {
            _running++;
            var before = _each;
            Advance(now);
            _running--;
            return _each - before;
        }
    }

    private double EndBrief(TimeSpan ran, long now)
    {
        var micros = (long)ran.TotalMicroseconds;
        var charged = Math.Max(1, micros * _rate);
        Interlocked.Add(ref _briefRan, micros);
        Interlocked.Add(ref _briefCharged, (long)charged);
        if (IsStale(now, Window))
        {
            lock (_lock)
            {
                if (IsStale(now, Window))
                {
                    Advance(now);
                }
            }
        }

        return charged;
    }

    private bool IsStale(long now, TimeSpan age) => time.GetElapsedTime(Volatile.Read(ref _readAt), now) > age;

    /// <summary>Reads what was used. Called with the lock held.</summary>
    private void Advance(long now)
    {
        var process = ResourceUsage.OfProcess();
        var cpu = process.CpuMicros + ResourceUsage.OfChildren().CpuMicros;
        var (ran, charged) = (Interlocked.Exchange(ref _briefRan, 0), Interlocked.Exchange(ref _briefCharged, 0));
        if (_running > 0)
        {
            _each += Math.Max(0, cpu - _cpu - charged) / (double)_running;
        }
        else if (ran > 0)
        {
            _rate = Math.Min(1, (cpu - _cpu) / (double)ran);   // The worker's own work is in it, too; so it is never too little.
        }

        _cpu = cpu;
        _peak.Note(process.PeakKiB);
        Volatile.Write(ref _readAt, now);
    }
}

/// <summary>An invocation that a <see cref="UsageMeter"/> measures.</summary>
/// <param name="At">When it began: a timestamp.</param>
/// <param name="Each">What each had used by then; null when it is brief as a rule.</param>
internal readonly record struct MeteredRun(long At, double? Each);
