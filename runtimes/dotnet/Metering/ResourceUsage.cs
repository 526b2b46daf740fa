using System.Runtime.InteropServices;

namespace Faas.Runtime.DotNet.Metering;

/// <summary>struct rusage of 64-bit Linux: two timevals and fourteen longs, see getrusage(2).</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal readonly partial struct ResourceUsage
{
    private const int Self = 0;
    private const int Children = -1;
    private const int Thread = 1;

    [FieldOffset(0)]
    private readonly long _userSeconds;

    [FieldOffset(8)]
    private readonly long _userMicros;

    [FieldOffset(16)]
    private readonly long _systemSeconds;

    [FieldOffset(24)]
    private readonly long _systemMicros;

    /// <summary>Most resident memory, in KiB.</summary>
    [FieldOffset(32)]
    public readonly long PeakKiB;

    /// <summary>How often it gave its core up to wait for something.</summary>
    [FieldOffset(128)]
    public readonly long Waits;

    /// <summary>CPU time in µs, of user code and kernel.</summary>
    public long CpuMicros => ((_userSeconds + _systemSeconds) * 1_000_000) + _userMicros + _systemMicros;

    /// <summary>Of the calling thread.</summary>
    public static ResourceUsage OfThread() => Read(Thread);

    /// <summary>Of all threads of this process.</summary>
    public static ResourceUsage OfProcess() => Read(Self);

    /// <summary>Of its children that have ended and were waited for.</summary>
    public static ResourceUsage OfChildren() => Read(Children);

    private static ResourceUsage Read(int who) => GetUsage(who, out var usage) == 0 ? usage : default;

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out ResourceUsage usage);
}
