using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// A timer of the kernel's for one thread that waits for its ticks. To start it wakes nobody, unlike a waiting thread that has to be told how long to wait from now on: what it is
/// started for is over, nearly always, before the first tick. It is never closed: its thread may wait for it as long as the process runs.
/// </summary>
internal sealed partial class TickTimer
{
    private const int Monotonic = 1;
    private const int CloseOnExec = 0x80000;

    private readonly int _timer;

    /// <summary>A timer that does not tick yet.</summary>
    /// <exception cref="IOException">The process has no file descriptor left.</exception>
    public TickTimer()
    {
        _timer = timerfd_create(Monotonic, CloseOnExec);
        if (_timer < 0)
        {
            throw new IOException("no timer can be made (timerfd_create)");
        }
    }

    /// <summary>Ticks from now on, once each <paramref name="period"/>.</summary>
    public unsafe void Start(TimeSpan period)
    {
        var nanoseconds = (nint)period.TotalNanoseconds;
        var times = stackalloc nint[4] { 0, nanoseconds, 0, nanoseconds };   // struct itimerspec: the period, and the first tick, as seconds and nanoseconds
        _ = timerfd_settime(_timer, 0, times, null);
    }

    /// <summary>Ticks no more.</summary>
    public unsafe void Stop()
    {
        var times = stackalloc nint[4] { 0, 0, 0, 0 };
        _ = timerfd_settime(_timer, 0, times, null);
    }

    /// <summary>Waits for a tick.</summary>
    public unsafe void Wait()
    {
        ulong ticks;
        _ = read(_timer, &ticks, sizeof(ulong));
    }

    [LibraryImport("libc")]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc")]
    private static unsafe partial int timerfd_settime(int timer, int flags, nint* times, nint* earlier);

    [LibraryImport("libc")]
    private static unsafe partial nint read(int file, void* into, nint length);
}
