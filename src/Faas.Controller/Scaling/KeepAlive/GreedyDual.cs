namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>An instance as <see cref="GreedyDual"/> values it.</summary>
/// <param name="Id">The instance.</param>
/// <param name="MemoryMiB">What evicting it frees.</param>
/// <param name="ActivationMs">What starting it again takes, as measured.</param>
/// <param name="Frequency">Invocations of its function since it last went to zero instances; at least 1.</param>
/// <param name="ClockAtUse"><see cref="GreedyDual.Clock"/> when it was last used.</param>
/// <param name="IdleSince">Decides between equal values: the longest idle goes first.</param>
/// <param name="InFlight">Invocations on it; one with any is never evicted.</param>
internal readonly record struct EvictionCandidate(
    string Id, double MemoryMiB, double ActivationMs, double Frequency, double ClockAtUse, DateTimeOffset IdleSince, int InFlight = 0);

/// <summary>
/// Which idle instances make room when memory is short: GreedyDual-Size-Frequency as FaasCache uses it (Fuerst and Sharma, ASPLOS 2021). The value of an instance is
/// clock at last use + frequency x activation time / memory; the least valuable goes, and the clock rises to its value, so what is not used
/// any more is overtaken in the end, however dear it was. Not thread-safe: guarded by the fleet's lock.
/// </summary>
internal sealed class GreedyDual
{
    /// <summary>The highest value evicted so far. The caller notes it in an instance at each use.</summary>
    public double Clock { get; private set; }

    /// <summary>What <paramref name="candidate"/> is worth.</summary>
    public static double Value(in EvictionCandidate candidate) =>
        candidate.ClockAtUse + (Math.Max(1, candidate.Frequency) * candidate.ActivationMs / Math.Max(1, candidate.MemoryMiB));

    /// <summary>
    /// The instances to evict so that <paramref name="neededMiB"/> become free: none that could stay, and none at all when even all of them do not free enough.
    /// </summary>
    public IReadOnlyList<string> Evict(IEnumerable<EvictionCandidate> candidates, double neededMiB)
    {
        var byValue = candidates.Where(c => c.InFlight == 0).OrderBy(c => Value(c)).ThenBy(c => c.IdleSince).ThenBy(c => c.Id, StringComparer.Ordinal).ToList();
        var evicted = new List<EvictionCandidate>();
        var freed = 0.0;
        foreach (var candidate in byValue)
        {
            if (freed >= neededMiB)
            {
                break;
            }

            evicted.Add(candidate);
            freed += candidate.MemoryMiB;
        }

        if (freed < neededMiB)
        {
            return [];
        }

        // Small ones taken before a large one that would have done alone may stay, the most valuable first.
        for (var i = evicted.Count - 1; i >= 0; i--)
        {
            if (freed - evicted[i].MemoryMiB >= neededMiB)
            {
                freed -= evicted[i].MemoryMiB;
                evicted.RemoveAt(i);
            }
        }

        foreach (var candidate in evicted)
        {
            Clock = Math.Max(Clock, Value(candidate));
        }

        return [.. evicted.Select(c => c.Id)];
    }
}
