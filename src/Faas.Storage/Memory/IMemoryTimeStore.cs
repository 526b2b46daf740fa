namespace Faas.Storage;

/// <summary>How long memory was allotted, by day, function and state. Durable like <see cref="IFunctionStore"/>.</summary>
public interface IMemoryTimeStore
{
    /// <summary>Adds to what there is, all in one transaction: MiB-microseconds. When it throws, nothing was added.</summary>
    Task AddAsync(IReadOnlyDictionary<MemoryTimeKey, long> mibUs, CancellationToken ct);

    /// <summary>What days from <paramref name="from"/> to before <paramref name="to"/> have: MiB-microseconds.</summary>
    Task<IReadOnlyDictionary<MemoryTimeKey, long>> ListAsync(DateOnly from, DateOnly to, CancellationToken ct);

    /// <summary>What all days have, by function and state: MiB-microseconds.</summary>
    Task<IReadOnlyDictionary<(string Function, MemoryState State), long>> TotalsAsync(CancellationToken ct);
}

/// <summary>Whose memory it was, and when.</summary>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Function">The function's name; empty for the platform.</param>
/// <param name="State">What the memory was allotted for.</param>
/// <param name="Price">Version of the prices that were in force.</param>
public readonly record struct MemoryTimeKey(DateOnly Day, string Function, MemoryState State, int Price);

/// <summary>What memory was allotted for. The numbers are stored.</summary>
public enum MemoryState
{
    /// <summary>An instance that is not frozen, whether anything runs on it or not.</summary>
    Awake = 0,

    /// <summary>A frozen instance.</summary>
    Frozen = 1,

    /// <summary>A stem, which has no function yet: the platform's.</summary>
    Stem = 2,
}
