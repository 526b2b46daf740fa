using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Faas.Contracts.Invocations;
using Faas.Gateway.Metering;

namespace Faas.Gateway.Activation;

/// <summary>
/// Gates by revision and instances by id. Only the link's reader adds and removes; loops read. A gate exists as soon as anything of its
/// revision is known, because instances may be announced before the route.
/// </summary>
internal sealed class GateTable(IGateEvents events, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Instance> _instances = new(StringComparer.Ordinal);

    /// <summary>Every gate.</summary>
    public IEnumerable<Gate> Gates => _gates.Select(pair => pair.Value);

    /// <summary>Every instance that the controller has announced and not taken back.</summary>
    public IEnumerable<Instance> Instances => _instances.Select(pair => pair.Value);

    /// <summary>The gate of a revision.</summary>
    public Gate GateOf(string revision) => _gates.GetOrAdd(revision, static (id, table) => new Gate(id, table.Events, table.Clock), this);

    /// <summary>The gate of a revision, if there is one.</summary>
    public bool TryFindGate(string revision, [MaybeNullWhen(false)] out Gate gate) => _gates.TryGetValue(revision, out gate);

    /// <summary>An instance by id.</summary>
    public bool TryFind(string id, [MaybeNullWhen(false)] out Instance instance) => _instances.TryGetValue(id, out instance);

    /// <summary>Announces an instance; its gate's line gets the slots.</summary>
    public void Add(string id, string revision, int slots, InstanceEndpoint endpoint, bool isFrozen, ActivationSpan activation = default, GroupFolders group = default)
    {
        var gate = GateOf(revision);
        var instance = new Instance(id, gate, Math.Max(1, slots), endpoint, clock.GetTimestamp())
        {
            State = isFrozen ? InstanceState.Frozen : InstanceState.Ready,
            Activation = activation,
            Group = group,
        };
        if (_instances.TryAdd(id, instance))
        {
            gate.Add(instance);
        }
    }

    /// <summary>The controller says how an instance ended; what runs on it fails with that.</summary>
    public void End(string id, InvocationError error, string detail)
    {
        if (_instances.TryRemove(id, out var instance))
        {
            instance.Gate.Remove(instance);
            instance.End(error, detail);
        }
    }

    /// <summary>The controller does not know the instance any more: it gets nothing new; what runs on it is left to finish or to break.</summary>
    public void Retire(Instance instance)
    {
        _instances.TryRemove(instance.Id, out _);
        instance.Gate.Remove(instance);
        instance.Retire();
    }

    /// <summary>Forgets a gate that nothing leads to.</summary>
    public void Forget(Gate gate) => _gates.TryRemove(new KeyValuePair<string, Gate>(gate.Revision, gate));

    private IGateEvents Events => events;

    private TimeProvider Clock => clock;
}
