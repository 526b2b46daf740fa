using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Warm;

/// <summary>One load on one contender.</summary>
/// <param name="Contender">Whom.</param>
/// <param name="Round">From 1; 0 is the warm-up, which counts only when something failed.</param>
/// <param name="Load">What the client saw.</param>
/// <param name="Cpu">CPU time by group of processes.</param>
internal sealed record Measurement(string Contender, int Round, LoadResult Load, IReadOnlyDictionary<string, TimeSpan> Cpu)
{
    public bool Counts => Round > 0 && Load.Failure is null;

    public double CpuMicros(string group) => Cpu[group].TotalMicroseconds / Math.Max(1, Load.Requests);

    public string Text() => $"{Contender} {Load.PerSecond:0}/s, p50 {Load.P50Ms:0.###} ms, p99 {Load.P99Ms:0.##} ms, CPU "
        + string.Join(", ", Cpu.Select(pair => $"{pair.Key} {CpuMicros(pair.Key):0.0} us"))
        + (Load.Failure is null ? "" : $"; FAILED: {Load.Failure}");
}
