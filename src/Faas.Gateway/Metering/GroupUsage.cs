using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Faas.Gateway.Metering;

/// <summary>
/// Reads what a control group uses from the kernel's files, which stay open: 1 to 2 µs for CPU time, three times that for memory. Versions 1 and 2, see
/// cpuacct.rst, memory.rst and cgroup-v2.rst of the kernel. What cannot be read, because the group is gone, is null. Not thread-safe.
/// </summary>
internal sealed class GroupUsage : IDisposable
{
    private const int NanosInMicro = 1000;
    private const int BytesInKiB = 1024;

    private readonly SafeFileHandle _cpu;
    private readonly SafeFileHandle? _peak;
    private readonly SafeFileHandle? _statistics;
    private readonly bool _isV2;
    private readonly byte[] _text = new byte[4096];
    private bool _canForget;

    private GroupUsage(SafeFileHandle cpu, GroupFolders folders, bool isV2)
    {
        _cpu = cpu;
        _isV2 = isV2;
        var peak = isV2 ? "memory.peak" : "memory.max_usage_in_bytes";
        _peak = TryOpen(folders.Memory, peak, FileAccess.ReadWrite);
        _canForget = _peak is not null;
        _peak ??= TryOpen(folders.Memory, peak, FileAccess.Read) ?? TryOpen(folders.Memory, "memory.current", FileAccess.Read);   // no peak before Linux 5.19
        _statistics = TryOpen(folders.Memory, "memory.stat", FileAccess.Read);
    }

    /// <summary>Opens the files of a group; null when there is none or it accounts no CPU time.</summary>
    public static GroupUsage? TryOpen(GroupFolders folders)
    {
        if (string.IsNullOrEmpty(folders.Cpu))
        {
            return null;
        }

        return TryOpen(folders.Cpu, "cpuacct.usage", FileAccess.Read) is { } first ? new GroupUsage(first, folders, isV2: false)
            : TryOpen(folders.Cpu, "cpu.stat", FileAccess.Read) is { } second ? new GroupUsage(second, folders, isV2: true)
            : null;
    }

    /// <summary>CPU time since the group was made, in µs.</summary>
    public long? CpuMicros() => _isV2 ? NumberAfter(_cpu, "usage_usec "u8) : NumberAfter(_cpu, ""u8) / NanosInMicro;

    /// <summary>
    /// Most memory since <see cref="ForgetPeak"/>, in KiB, without the cached files that the kernel would give up first now (what Kubernetes calls the working set). Since the group was made where
    /// the kernel does not forget (version 2 before Linux 6.12).
    /// </summary>
    public long? PeakKiB()
    {
        if (_peak is null || NumberAfter(_peak, ""u8) is not { } peak)
        {
            return null;
        }

        var inactive = _statistics is null ? 0 : NumberAfter(_statistics, _isV2 ? "inactive_file "u8 : "total_inactive_file "u8) ?? 0;
        return Math.Max(0, peak - inactive) / BytesInKiB;
    }

    /// <summary>The peak is counted anew.</summary>
    public void ForgetPeak()
    {
        if (!_canForget)
        {
            return;
        }

        try
        {
            RandomAccess.Write(_peak!, "0"u8, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _canForget = false;   // not in this kernel, or the group is gone
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cpu.Dispose();
        _peak?.Dispose();
        _statistics?.Dispose();
    }

    private static SafeFileHandle? TryOpen(string folder, string file, FileAccess access)
    {
        try
        {
            return File.OpenHandle(Path.Combine(folder, file), FileMode.Open, access, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private long? NumberAfter(SafeFileHandle file, ReadOnlySpan<byte> name)
    {
        try
        {
            ReadOnlySpan<byte> text = _text.AsSpan(0, RandomAccess.Read(file, _text, 0));
            var at = StartsLine(text, name);
            return at >= 0 && Utf8Parser.TryParse(text[(at + name.Length)..], out long number, out _) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Where a line begins with the name: <c>inactive_file</c> is also the end of another's.</summary>
    private static int StartsLine(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        for (var from = 0; from <= text.Length;)
        {
            if (text[from..].StartsWith(name))
            {
                return from;
            }

            var end = text[from..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return -1;
            }

            from += end + 1;
        }

        return -1;
    }
}
