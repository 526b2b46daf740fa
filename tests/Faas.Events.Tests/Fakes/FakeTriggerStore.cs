using Faas.Storage;

namespace Faas.Events.Tests;

/// <summary>A real store of triggers whose writes can be made to fail.</summary>
internal sealed class FakeTriggerStore(ITriggerStore store) : ITriggerStore
{
    private volatile bool _savesFail;

    /// <summary>Whether states cannot be saved.</summary>
    public bool SavesFail { get => _savesFail; set => _savesFail = value; }

    public Task<IReadOnlyList<StoredTrigger>> LoadAsync(CancellationToken ct) => store.LoadAsync(ct);

    public Task SaveStateAsync(TriggerKey trigger, string state, DateTimeOffset at, CancellationToken ct) =>
        SavesFail ? throw new IOException("no space left on device") : store.SaveStateAsync(trigger, state, at, ct);

    public Task SetPausedAsync(TriggerKey trigger, bool isPaused, string? state, DateTimeOffset at, CancellationToken ct) => store.SetPausedAsync(trigger, isPaused, state, at, ct);

    public Task<bool> DeleteAsync(TriggerKey trigger, CancellationToken ct) => store.DeleteAsync(trigger, ct);
}
