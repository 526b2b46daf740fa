namespace Faas.Simulator;

/// <summary>One function of a trace: what it allocates, and how often it was called in each minute.</summary>
internal sealed record TraceFunction(string Name, double MemoryMiB, int[] CallsPerMinute);

/// <summary>Calls of many functions, minute by minute.</summary>
internal sealed record Trace(IReadOnlyList<TraceFunction> Functions, int Minutes)
{
    public long Invocations => Functions.Sum(f => f.CallsPerMinute.Sum(calls => (long)calls));

    /// <summary>Functions called at all, each of which has a cold first call under any policy.</summary>
    public int FirstCalls => Functions.Count(f => f.CallsPerMinute.Any(calls => calls > 0));
}
