using System.Collections.Concurrent;

namespace Faas.Events.Triggers;

/// <summary>The triggers that there are. Reading needs no turn.</summary>
internal sealed class TriggerTable : IDisposable
{
    private readonly ConcurrentDictionary<string, Trigger> _triggers = new(StringComparer.Ordinal);

    /// <summary>Held by whoever adds, removes, pauses, starts or stops a trigger.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public IEnumerable<Trigger> All => _triggers.Values;

    public Trigger? Find(string id) => _triggers.GetValueOrDefault(id);

    public void Set(Trigger trigger) => _triggers[trigger.Key.Id] = trigger;

    public void Remove(string id) => _triggers.TryRemove(id, out _);

    public void Dispose() => Turn.Dispose();
}
