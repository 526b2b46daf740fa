using System.Globalization;

namespace Faas.Instances.Drivers;

/// <summary>
/// Limits of processes, written straight to the kernel's control groups: <c>/faas/{node}-{driver}/{id}</c>. Knows versions 1 and 2; usable by root only.
/// </summary>
internal sealed class ControlGroups
{
    /// <summary>Most processes and threads of an instance: .NET and Node each need about 20, a fork bomb stops here.</summary>
    public const int PidsMax = 256;

    private const int PeriodMicros = 100_000;
    private const string Root = ControlGroup.Root;

    /// <summary>Freezing and accounting are not demanded: where they are missing, making their folders would make ordinary ones.</summary>
    private static readonly string[] V1Controllers = ["memory", "cpu", "pids", .. new[] { "freezer", "cpuacct" }.Where(c => Directory.Exists(Path.Combine(Root, c)))];

    private readonly string _parent;
    private readonly bool _isV2 = ControlGroup.IsV2;
    private readonly Lazy<bool> _hasIdle;

    private ControlGroups(string name)
    {
        _parent = Path.Combine("faas", name);
        _hasIdle = new Lazy<bool>(() => File.Exists(Path.Combine(Folder("", "cpu"), "cpu.idle")));   // Linux 5.15
    }

    /// <summary>The control groups of <paramref name="node"/> and <paramref name="driver"/>, apart so that none takes the other's for its own; null when they cannot be used.</summary>
    public static ControlGroups? TryOpen(string node, string driver)
    {
        if (!Posix.IsRoot)
        {
            return null;
        }

        var groups = new ControlGroups($"{node}-{driver}");
        try
        {
            groups.CreateParents();
            return groups;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Makes the group with its limits.</summary>
    public void Create(string id, int memoryMiB, double cpu)
    {
        foreach (var folder in Folders(id))
        {
            Directory.CreateDirectory(folder);
        }

        var bytes = ((long)memoryMiB * 1024 * 1024).ToString(CultureInfo.InvariantCulture);
        if (_isV2)
        {
            Write(id, "memory", "memory.max", bytes);
            TryWrite(id, "memory", "memory.swap.max", "0");
            Write(id, "pids", "pids.max", PidsMax.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            Write(id, "memory", "memory.limit_in_bytes", bytes);
            TryWrite(id, "memory", "memory.memsw.limit_in_bytes", bytes);   // absent where the kernel does not account swap
            Write(id, "pids", "pids.max", PidsMax.ToString(CultureInfo.InvariantCulture));
        }

        SetCpu(id, cpu);
    }

    /// <summary>The parent of all groups as engines name it.</summary>
    public string Parent => "/" + _parent;

    /// <summary>The group itself, which need not exist.</summary>
    public ControlGroup Group(string id) => ControlGroup.At(Path.Combine(_parent, id));

    /// <summary>The files to which a process writes its pid to join the group.</summary>
    public IEnumerable<string> ProcessFiles(string id) => Folders(id).Select(f => Path.Combine(f, "cgroup.procs"));

    /// <summary>Sets the CPU limit, in cores.</summary>
    public void SetCpu(string id, double cpu)
    {
        var quota = CpuQuota(cpu);
        if (_isV2)
        {
            Write(id, "cpu", "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicros}"));
            return;
        }

        Write(id, "cpu", "cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Whether it runs only when the cores have nothing else to do. Weight alone does not make it so: beside stems of an eighth of the weight, invocations of 5 ms took 8 to 11,
    /// since the scheduler lets a slice run out before it looks at weights; what is idle it interrupts at once.
    /// </summary>
    public void SetBackground(string id, bool isBackground)
    {
        if (_hasIdle.Value)
        {
            Write(id, "cpu", "cpu.idle", isBackground ? "1" : "0");
            return;
        }

        if (_isV2)
        {
            Write(id, "cpu", "cpu.weight", isBackground ? "12" : "100");
            return;
        }

        Write(id, "cpu", "cpu.shares", (isBackground ? 128 : 1024).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Microseconds of CPU time in each period of 100 ms; the kernel takes no less than 1 ms.</summary>
    public static long CpuQuota(double cpu) => Math.Max(1000, (long)(cpu * PeriodMicros));

    /// <summary>Whether the kernel has killed a process of the group for memory.</summary>
    public bool HasRunOutOfMemory(string id)
    {
        var file = Path.Combine(Folder(id, "memory"), _isV2 ? "memory.events" : "memory.oom_control");
        try
        {
            return File.ReadLines(file).Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Ids of all groups that exist.</summary>
    public IEnumerable<string> List() => Folders("").Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Select(f => Path.GetFileName(f)!).Distinct();

    /// <summary>Kills every process of the group. True when it is empty.</summary>
    public bool KillAll(string id)
    {
        var isEmpty = true;
        foreach (var file in ProcessFiles(id).Where(File.Exists))
        {
            foreach (var pid in ReadPids(file))
            {
                isEmpty = false;
                Posix.Signal(pid, Posix.SigKill);
            }
        }

        return isEmpty;
    }

    /// <summary>Removes the empty group. False while processes in it are still ending.</summary>
    public bool TryRemove(string id) => Folders(id).All(TryRemoveFolder);

    /// <summary>Removes the parents if nothing else uses them.</summary>
    public void RemoveParents()
    {
        // Docker makes them under every controller, not only under those that we use.
        foreach (var root in _isV2 ? [Root] : Directory.EnumerateDirectories(Root))
        {
            var folder = Path.Combine(root, _parent);
            _ = TryRemoveFolder(folder) && TryRemoveFolder(Path.GetDirectoryName(folder)!);
        }
    }

    private static bool TryRemoveFolder(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);   // rmdir: the files in a control group are not entries that must go first
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IEnumerable<int> ReadPids(string file)
    {
        try
        {
            return [.. File.ReadAllLines(file).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private void CreateParents()
    {
        foreach (var folder in Folders(""))
        {
            Directory.CreateDirectory(folder);
        }

        if (_isV2)
        {
            foreach (var folder in new[] { Root, Path.Combine(Root, "faas"), Path.Combine(Root, _parent) })
            {
                File.WriteAllText(Path.Combine(folder, "cgroup.subtree_control"), "+memory +cpu +pids");
            }
        }
    }

    private string Folder(string id, string controller) =>
        _isV2 ? Path.Combine(Root, _parent, id) : Path.Combine(Root, controller, _parent, id);

    private IEnumerable<string> Folders(string id) => _isV2 ? [Folder(id, "")] : V1Controllers.Select(c => Folder(id, c));

    private void Write(string id, string controller, string file, string value) => File.WriteAllText(Path.Combine(Folder(id, controller), file), value);

    private void TryWrite(string id, string controller, string file, string value)
    {
        try
        {
            Write(id, controller, file, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without swap accounting there is no such file; then the memory limit alone counts.
        }
    }
}
