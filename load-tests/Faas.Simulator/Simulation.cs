using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Simulator;

/// <summary>
/// Runs a policy over a trace, a minute at a time: one instance per function, no concurrency. A function is used in a minute with calls; idle memory
/// counts the minutes in which it is loaded and not called. Within a minute, what is over stops first, then calls are served, then the rest is
/// pre-warmed into the memory that is left: nothing is evicted for a guess.
/// </summary>
internal sealed class Simulation
{
    private readonly Trace _trace;
    private readonly PolicyRun _policy;
    private readonly double _memoryMiB;
    private readonly GreedyDual _greedyDual = new();
    private readonly Dictionary<string, FunctionRun> _byId = [];
    private double _loadedMiB;
    private double _peakMiB;

    private Simulation(Trace trace, PolicyRun policy, double memoryGB, bool outward)
    {
        _trace = trace;
        _policy = policy;
        _memoryMiB = policy.Eviction == Eviction.None ? double.PositiveInfinity : memoryGB * 1024;
        for (var i = 0; i < trace.Functions.Count; i++)
        {
            _byId[$"{i:D8}"] = new FunctionRun(trace.Functions[i], policy, outward);
        }
    }

    public static SimulationResult Run(Trace trace, PolicyRun policy, double activationMs, double memoryGB = double.PositiveInfinity, bool outward = false)
    {
        var simulation = new Simulation(trace, policy, memoryGB, outward);
        for (var minute = 0; minute < trace.Minutes; minute++)
        {
            simulation.Minute(minute, activationMs);
        }

        return SimulationResult.Of(trace, policy.Name, [.. simulation._byId.Values], simulation._peakMiB / 1024, activationMs);
    }

    private void Minute(int minute, double activationMs)
    {
        foreach (var run in _byId.Values.Where(run => run.IsOver(minute) && !run.IsCalled(minute)))
        {
            Unload(run);
        }

        foreach (var run in _byId.Values.Where(run => run.IsCalled(minute)))
        {
            Call(run, minute, activationMs);
        }

        foreach (var run in _byId.Values.Where(run => !run.IsCalled(minute)))
        {
            if (run.IsPrewarmDue(minute) && _loadedMiB + run.MemoryMiB <= _memoryMiB)
            {
                run.Prewarm();
                _loadedMiB += run.MemoryMiB;
            }

            if (run.IsLoaded)
            {
                run.Idle();
            }
        }

        _peakMiB = Math.Max(_peakMiB, _loadedMiB);
    }

    private void Call(FunctionRun run, int minute, double activationMs)
    {
        if (run.IsOver(minute))
        {
            Unload(run);
        }

        if (!run.IsLoaded)
        {
            MakeRoom(run.MemoryMiB, minute, activationMs);
            _loadedMiB += run.MemoryMiB;
            if (run.IsPrewarmDue(minute))
            {
                run.Prewarm();
            }
        }

        run.Call(minute, _greedyDual.Clock);
    }

    private void Unload(FunctionRun run)
    {
        run.Unload();
        _loadedMiB -= run.MemoryMiB;
    }

    // When all that is loaded is busy, the machine runs over its limit rather than refuse a call; the peak shows it.
    private void MakeRoom(double memoryMiB, int minute, double activationMs)
    {
        var neededMiB = _loadedMiB + memoryMiB - _memoryMiB;
        if (neededMiB <= 0)
        {
            return;
        }

        var idle = _byId.Where(p => p.Value.IsLoaded && !p.Value.IsCalled(minute)).Select(p => Candidate(p.Key, p.Value, activationMs)).ToList();
        neededMiB = Math.Min(neededMiB, idle.Sum(c => c.MemoryMiB));
        foreach (var id in _policy.Eviction == Eviction.GreedyDual ? _greedyDual.Evict(idle, neededMiB) : LongestIdle(idle, neededMiB))
        {
            Unload(_byId[id]);
        }
    }

    private static EvictionCandidate Candidate(string id, FunctionRun run, double activationMs) =>
        new(id, run.MemoryMiB, activationMs, run.Frequency, run.ClockAtUse, DateTimeOffset.UnixEpoch.AddMinutes(run.LastUse));

    private static IEnumerable<string> LongestIdle(IEnumerable<EvictionCandidate> idle, double neededMiB)
    {
        foreach (var candidate in idle.OrderBy(c => c.IdleSince).ThenBy(c => c.Id, StringComparer.Ordinal))
        {
            if (neededMiB <= 0)
            {
                yield break;
            }

            neededMiB -= candidate.MemoryMiB;
            yield return candidate.Id;
        }
    }
}
