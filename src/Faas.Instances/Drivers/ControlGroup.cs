using System.Globalization;

namespace Faas.Instances.Drivers;

/// <summary>
/// One sandbox's control group, whoever made it: freezes its processes and reads what they use, straight from the kernel's files. An engine's own pause
/// takes 13 ms, a write to the freezer 0.2. Knows versions 1 and 2; every member may be called when the group is gone.
/// </summary>
internal sealed class ControlGroup
{
    /// <summary>Where the hierarchies are mounted.</summary>
    public const string Root = "/sys/fs/cgroup";

    private readonly string _freezer;
    private readonly string _memory;
    private readonly string _cpu;
    private readonly bool _isV2;

    /// <summary>A group by its folders, which on version 2 are one.</summary>
    public ControlGroup(string freezer, string memory, string cpu, bool isV2)
    {
        _freezer = freezer;
        _memory = memory;
        _cpu = cpu;
        _isV2 = isV2;
    }

    /// <summary>Whether this machine has the one hierarchy of version 2.</summary>
    public static bool IsV2 { get; } = File.Exists(Path.Combine(Root, "cgroup.controllers"));

    /// <summary>Whether this process may freeze groups here: it takes root, and on version 1 the freezer's own hierarchy.</summary>
    public static bool CanFreeze { get; } = Posix.IsRoot && (IsV2 || Directory.Exists(Path.Combine(Root, "freezer")));

    /// <summary>A hierarchy in which every limited sandbox has its group, to look for one.</summary>
    public static string SearchRoot => IsV2 ? Root : Path.Combine(Root, "memory");

    /// <summary>The group with this path, the same in every hierarchy.</summary>
    public static ControlGroup At(string path)
    {
        path = path.TrimStart('/');
        return IsV2
            ? new ControlGroup(Path.Combine(Root, path), Path.Combine(Root, path), Path.Combine(Root, path), isV2: true)
            : new ControlGroup(Path.Combine(Root, "freezer", path), Path.Combine(Root, "memory", path), Path.Combine(Root, AccountingRoot(), path), isV2: false);
    }

    /// <summary>Where others read what it uses.</summary>
    public AccountingFolders Accounting => new(_cpu, _memory);

    /// <summary>Tells the kernel to freeze the group, which it then does; see <see cref="State"/>. False when there is no such group.</summary>
    public bool TryFreeze() => TryWrite(_isV2 ? "cgroup.freeze" : "freezer.state", _isV2 ? "1" : "FROZEN");

    /// <summary>Lets the group run, at once, whether it was frozen or not. False when there is no such group.</summary>
    public bool TryThaw() => TryWrite(_isV2 ? "cgroup.freeze" : "freezer.state", _isV2 ? "0" : "THAWED");

    /// <summary>How far freezing is. On version 1 the reading itself makes the kernel look.</summary>
    public FreezeState State()
    {
        try
        {
            if (_isV2)
            {
                return ReadNumber(_freezer, "cgroup.events", "frozen ") == 1 ? FreezeState.Frozen
                    : ReadNumber(_freezer, "cgroup.freeze", "") == 1 ? FreezeState.Freezing
                    : FreezeState.Thawed;
            }

            return File.ReadAllText(Path.Combine(_freezer, "freezer.state")).TrimEnd() switch
            {
                "FROZEN" => FreezeState.Frozen,
                "FREEZING" => FreezeState.Freezing,
                _ => FreezeState.Thawed,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FreezeState.Thawed;
        }
    }

    /// <summary>
    /// Memory in use in bytes, without cached files that the kernel would give up first (what Kubernetes calls the working set); null when it cannot be known.
    /// </summary>
    public long? MemoryBytes()
    {
        var used = ReadNumber(_memory, _isV2 ? "memory.current" : "memory.usage_in_bytes", "");
        var inactive = ReadNumber(_memory, "memory.stat", _isV2 ? "inactive_file " : "total_inactive_file ");
        return used is null ? null : Math.Max(0, used.Value - (inactive ?? 0));
    }

    /// <summary>CPU time used so far; null when it cannot be known.</summary>
    public TimeSpan? CpuTime()
    {
        const int NanosecondsInTick = 100;
        return _isV2
            ? ReadNumber(_cpu, "cpu.stat", "usage_usec ") is { } micros ? TimeSpan.FromMicroseconds(micros) : null
            : ReadNumber(_cpu, "cpuacct.usage", "") is { } nanos ? TimeSpan.FromTicks(nanos / NanosecondsInTick) : null;
    }

    /// <summary>The hierarchy that accounts CPU time: usually mounted together with <c>cpu</c>, and not everywhere with a link of its own name.</summary>
    private static string AccountingRoot() => Directory.Exists(Path.Combine(Root, "cpuacct")) ? "cpuacct" : "cpu,cpuacct";

    private static long? ReadNumber(string folder, string file, string prefix)
    {
        try
        {
            var line = File.ReadLines(Path.Combine(folder, file)).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal));
            return long.TryParse(line.AsSpan(line is null ? 0 : prefix.Length), CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private bool TryWrite(string file, string value)
    {
        try
        {
            File.WriteAllText(Path.Combine(_freezer, file), value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>How far freezing is.</summary>
internal enum FreezeState
{
    /// <summary>It runs, or is gone.</summary>
    Thawed,

    /// <summary>Told to freeze; some process has not stopped yet.</summary>
    Freezing,

    /// <summary>All its processes stand still.</summary>
    Frozen,
}
