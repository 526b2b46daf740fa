using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// How long invocations of one thread run. One that took long without ever waiting for anything was kept from its core, by other processes of a busy machine: its running time is its CPU time.
/// </summary>
internal sealed partial class RunClock(TimeProvider time)
{
    /// <summary>What ends within this can hardly have lost its core.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(200);

    /// <summary>So old may be what is compared with: it is a system call, and most invocations are over far sooner. A wait in between counts as the invocation's.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromMicroseconds(250);

    private const int OfThisThread = 1;   // RUSAGE_THREAD

    private Usage _before;
    private long _readAt;

    /// <summary>On the thread, when an invocation begins: at this timestamp.</summary>
    public void Start(long at)
    {
        if (_readAt == 0 || time.GetElapsedTime(_readAt, at) > Stale)
        {
            _before = Read();
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

        var (before, after) = (_before, Read());
        (_before, _readAt) = (after, now);
        var used = after.Cpu - before.Cpu;
        return after.Waits == before.Waits && used < elapsed ? used : elapsed;
    }

    private static Usage Read() => GetUsage(OfThisThread, out var usage) == 0 ? usage : default;

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    /// <summary>struct rusage of 64-bit Linux: two timevals and fourteen longs, of which the last but one counts voluntary context switches.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct Usage
    {
        [FieldOffset(0)]
        private readonly long _userSeconds;

        [FieldOffset(8)]
        private readonly long _userMicros;

        [FieldOffset(16)]
        private readonly long _systemSeconds;

        [FieldOffset(24)]
        private readonly long _systemMicros;

        [FieldOffset(128)]
        public readonly long Waits;

        public readonly TimeSpan Cpu => TimeSpan.FromSeconds(_userSeconds + _systemSeconds) + TimeSpan.FromMicroseconds(_userMicros + _systemMicros);
    }
}
