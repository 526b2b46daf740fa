namespace Faas.Gateway.Stalls;

/// <summary>
/// Tells a thread that does not come back from a machine that does not let it. Pure: it is told how much time passed. Two things do not count against the
/// thread: time for which nobody can vouch, because the watchdog was late as well (a starved or frozen machine, a stopped process, a collection of garbage), and time for
/// which it was runnable and got no core.
/// </summary>
internal sealed class StallJudge
{
    /// <summary>From here on it is a stall: an answer takes a fraction of a millisecond, a batch of a thousand events some 30 ms.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the watchdog looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private TimeSpan _seen;
    private TimeSpan _waited;

    /// <summary>A beat was sent.</summary>
    public void Begin(ThreadTimes? times)
    {
        _seen = TimeSpan.Zero;
        _waited = times?.Waited ?? TimeSpan.Zero;
    }

    /// <summary>The beat has not been answered yet: whether that is the thread's own doing.</summary>
    /// <param name="sinceLastLook">Time since the watchdog looked last.</param>
    /// <param name="times">The thread's times now; null when the kernel doesn't tell them.</param>
    public bool IsStall(TimeSpan sinceLastLook, ThreadTimes? times)
    {
        _seen += sinceLastLook < Interval * 1.5 ? sinceLastLook : Interval;
        return times is { } now && _seen - (now.Waited - _waited) >= Limit;
    }
}
