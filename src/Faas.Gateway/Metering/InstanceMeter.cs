namespace Faas.Gateway.Metering;

/// <summary>
/// What invocations of an instance use that no worker measures, because it serves HTTP itself: CPU time and peak memory of its whole control group, so that all its processes and threads count.
/// As workers do it: invocations that run at the same time share what is used meanwhile evenly, and what is used while none runs is nobody's.
/// </summary>
internal sealed class InstanceMeter : IDisposable
{
    /// <summary>So old may be what is compared with where others run, too: who gets what of it is a convention anyway.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMicroseconds(500);

    /// <summary>What ends within this is not looked at for itself: its peak is that of the last <see cref="PeakEvery"/>.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(1);

    /// <summary>How often the peak is looked at, and counted anew, for what is brief.</summary>
    private static readonly TimeSpan PeakEvery = TimeSpan.FromMilliseconds(5);

    private readonly GroupUsage _usage;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();

    /// <summary>The group's CPU time at the last reading, in µs.</summary>
    private long _cpu;
    private long _readAt;

    /// <summary>What each has used by now, in µs, if it had run for ever: who has begun at one value and ends at another used the difference.</summary>
    private double _each;
    private int _running;
    private long _peakKiB;
    private long _peakReadAt;
    private long _peakForgottenAt;
    private bool _isClosing;

    private InstanceMeter(GroupUsage usage, TimeProvider clock)
    {
        _usage = usage;
        _clock = clock;
    }

    /// <summary>A meter of a control group; null when there is none to be read.</summary>
    public static InstanceMeter? TryOpen(GroupFolders folders, TimeProvider clock) =>
        GroupUsage.TryOpen(folders) is { } usage ? new InstanceMeter(usage, clock) : null;

    /// <summary>An invocation begins. It must be ended.</summary>
    public MeteredRun Begin()
    {
        var now = _clock.GetTimestamp();
        lock (_lock)
        {
            if (_running == 0 && IsOver(PeakEvery, _peakForgottenAt, now))
            {
                _usage.ForgetPeak();
                _peakForgottenAt = now;
            }

            if (_running == 0 || IsOver(Stale, _readAt, now))
            {
                Advance(now);
            }

            _running++;
            return new MeteredRun(now, _each);
        }
    }

    /// <summary>It has ended. Its CPU time in µs, at least 1, and the peak in KiB, 0 when it is not known.</summary>
    public (uint CpuMicros, uint PeakKiB) End(MeteredRun run)
    {
        var now = _clock.GetTimestamp();
        lock (_lock)
        {
            if (_running == 1 || IsOver(Stale, _readAt, now))
            {
                Advance(now);
            }

            if (IsOver(Brief, run.At, now) || IsOver(PeakEvery, _peakReadAt, now))
            {
                _peakKiB = _usage.PeakKiB() ?? _peakKiB;
                _peakReadAt = now;
            }

            _running--;
            CloseIfDone();
            return ((uint)Math.Clamp(_each - run.Each, 1, uint.MaxValue), (uint)Math.Clamp(_peakKiB, 0, uint.MaxValue));
        }
    }

    /// <summary>No invocation begins any more; the files are closed when the last one has ended.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosing = true;
            CloseIfDone();
        }
    }

    private void CloseIfDone()
    {
        if (_isClosing && _running == 0)
        {
            _usage.Dispose();
        }
    }

    private bool IsOver(TimeSpan age, long since, long now) => since == 0 || _clock.GetElapsedTime(since, now) > age;

    private void Advance(long now)
    {
        var cpu = _usage.CpuMicros() ?? _cpu;   // what a group used that is gone, nobody knows
        if (_running > 0)
        {
            _each += Math.Max(0, cpu - _cpu) / (double)_running;
        }

        _cpu = cpu;
        _readAt = now;
    }
}

/// <summary>An invocation that an <see cref="InstanceMeter"/> measures.</summary>
/// <param name="At">When it began: a timestamp.</param>
/// <param name="Each">What each had used by then.</param>
internal readonly record struct MeteredRun(long At, double Each);
