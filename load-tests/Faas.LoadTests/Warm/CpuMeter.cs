namespace Faas.LoadTests.Warm;

/// <summary>CPU time that groups of processes use from here on. Processes that start meanwhile count in full, those that end not at all.</summary>
internal sealed class CpuMeter
{
    private readonly IReadOnlyList<ProcessGroup> _groups;
    private readonly List<Dictionary<int, TimeSpan>> _before;

    public CpuMeter(IReadOnlyList<ProcessGroup> groups)
    {
        _groups = groups;
        _before = [.. groups.Select(Read)];
    }

    /// <summary>By group.</summary>
    public Dictionary<string, TimeSpan> Spent() =>
        _groups.Zip(_before).ToDictionary(pair => pair.First.Name, pair => Read(pair.First).Aggregate(TimeSpan.Zero, (sum, now) => sum + now.Value - pair.Second.GetValueOrDefault(now.Key)));

    private static Dictionary<int, TimeSpan> Read(ProcessGroup group) => group.Pids().ToDictionary(pid => pid, ProcessFiles.Cpu);
}
