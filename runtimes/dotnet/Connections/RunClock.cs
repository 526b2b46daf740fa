using Faas.Runtime.DotNet.Metering;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// How long invocations of one thread run. One that took long without ever waiting for anything was kept from its core, by other processes of a busy machine: its running time is its CPU time.
/// </summary>
internal sealed class RunClock(TimeProvider time)
{
    /// <summary>What ends within this can hardly have lost its core.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(200);

    /// <summary>So old may be what is compared with: it is a system call, and most invocations are over far sooner. A wait in between counts as the invocation's.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMicroseconds(250);

    private ResourceUsage _before;
    private long _readAt;

    /// <summary>On the thread, when an invocation begins: at this timestamp.</summary>
    public void Start(long at)
    {
        if (_readAt == 0 || time.GetElapsedTime(_readAt, at) > Stale)
        {
            _before = ResourceUsage.OfThread();
            _readAt = at;
        }
    }

    /// <summary>On the thread, when it ends: how long it ran.</summary>
    /// <param name="startedAt">The timestamp of its beginning.</param>
    public TimeSpan Stop(long startedAt)
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(startedAt, now);
        if (elapsed <= Short)
        {
            return elapsed;
        }

        var (before, after) = (_before, ResourceUsage.OfThread());
        (_before, _readAt) = (after, now);
        var used = TimeSpan.FromMicroseconds(after.CpuMicros - before.CpuMicros);
        return after.Waits == before.Waits && used < elapsed ? used : elapsed;
    }
}
