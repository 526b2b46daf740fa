namespace Faas.Storage;

/// <summary>
/// What triggers must not lose: whether they are paused, and how far their sources have come. Durable like <see cref="IFunctionStore"/>; every write may be repeated
/// safely. The store decides nothing and does not know which triggers there are; only a function's deletion takes its triggers along.
/// </summary>
public interface ITriggerStore
{
    /// <summary>All triggers of which anything is kept, by id.</summary>
    Task<IReadOnlyList<StoredTrigger>> LoadAsync(CancellationToken ct);

    /// <summary>Keeps how far a trigger's source has come.</summary>
    Task SaveStateAsync(TriggerKey trigger, string state, DateTimeOffset at, CancellationToken ct);

    /// <summary>Pauses or resumes a trigger; by the same write its state becomes <paramref name="state"/> (null for none).</summary>
    Task SetPausedAsync(TriggerKey trigger, bool isPaused, string? state, DateTimeOffset at, CancellationToken ct);

    /// <summary>Forgets a trigger. False when nothing was kept of it.</summary>
    Task<bool> DeleteAsync(TriggerKey trigger, CancellationToken ct);
}

/// <summary>Which trigger is meant.</summary>
/// <param name="Id">Its id, unique on the platform.</param>
/// <param name="Function">The function that it belongs to.</param>
public readonly record struct TriggerKey(string Id, string Function);
