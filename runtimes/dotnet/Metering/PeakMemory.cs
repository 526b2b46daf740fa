using Microsoft.Win32.SafeHandles;

namespace Faas.Runtime.DotNet.Metering;

/// <summary>Most memory that the process had resident since it was last asked to forget. Where the kernel does not let it forget, that is since it began.</summary>
internal sealed class PeakMemory
{
    /// <summary>The last one known, in KiB.</summary>
    public long KiB;

    private SafeFileHandle? _clearing;
    private bool _cannot;

    /// <summary>From now on the peak is counted anew: "5" in /proc/self/clear_refs, see proc(5). 1 µs.</summary>
    public void Reset()
    {
        if (_cannot)
        {
            return;
        }

        try
        {
            _clearing ??= File.OpenHandle("/proc/self/clear_refs", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(_clearing, "5"u8, 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _cannot = true;
        }
    }

    public void Note(long kib) => Volatile.Write(ref KiB, kib);
}
