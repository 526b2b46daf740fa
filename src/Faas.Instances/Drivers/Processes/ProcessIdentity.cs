using System.Globalization;

namespace Faas.Instances.Drivers.Processes;

/// <summary>A process that is not confused with a later one of the same pid: pid and start time in clock ticks since boot.</summary>
/// <param name="Pid">Its pid.</param>
/// <param name="StartTicks">Field 22 of <c>/proc/{pid}/stat</c>.</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>The identity of a living process; null when there is none of that pid, or it is a zombie.</summary>
    public static ProcessIdentity? Of(int pid) => Stat(pid) is { IsZombie: false } stat ? new ProcessIdentity(pid, stat.StartTicks) : null;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static ProcessIdentity? Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var pid)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var ticks)
                ? new ProcessIdentity(pid, ticks)
                : null;
    }

    /// <summary>Whether exactly this process still runs.</summary>
    public bool IsAlive() => Of(Pid) == this;

    /// <summary>Kills this process, its session and its descendants. True when none of them is left.</summary>
    public bool KillTree()
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? Stat(pid) : null)
            .OfType<ProcessStat>().Where(s => !s.IsZombie).ToList();
        var root = this;
        var doomed = all.Where(s => (s.Pid == root.Pid && s.StartTicks == root.StartTicks) || (s.Session == root.Pid && s.StartTicks >= root.StartTicks))
            .Select(s => s.Pid).ToHashSet();
        for (var before = -1; before != doomed.Count;)
        {
            before = doomed.Count;
            doomed.UnionWith(all.Where(s => doomed.Contains(s.Parent)).Select(s => s.Pid));
        }

        foreach (var pid in doomed)
        {
            Posix.Signal(pid, Posix.SigKill);
        }

        return doomed.Count == 0;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pid}:{StartTicks}");

    private static ProcessStat? Stat(int pid)
    {
        try
        {
            // pid (name) state parent group session ... ; the name may hold anything, so count from its last parenthesis.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat(pid, fields[0] is "Z" or "X", int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record ProcessStat(int Pid, bool IsZombie, int Parent, int Session, long StartTicks);
}
