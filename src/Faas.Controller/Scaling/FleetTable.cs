using System.Diagnostics.CodeAnalysis;
using Faas.Controller.Budgets;
using Faas.Controller.Link;
using Faas.Controller.Metering.Idle;
using Faas.Controller.Scaling.KeepAlive;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>
/// All revisions and their instances, and the one lock that guards them. Messages to the gateway are posted with the lock held, so that the gateway
/// sees changes in the order in which they happened; nothing that takes time happens inside.
/// </summary>
internal sealed class FleetTable(GatewayOutbox outbox, IReadOnlyDictionary<string, RememberedActivity> remembered, TimeProvider time)
{
    /// <summary>Ends that are remembered; an instance becomes known within a second of its first moment.</summary>
    private const int EndsKept = 256;

    private readonly Dictionary<string, RevisionPool> _pools = [];
    private readonly Dictionary<string, RevisionPool> _serving = [];
    private readonly Dictionary<string, FunctionActivity> _activities = [];
    private readonly Dictionary<string, (RevisionPool Pool, PooledInstance Instance)> _instances = [];

    private readonly Queue<string> _ends = new(EndsKept);

    /// <summary>Held by whoever uses anything of this class or of what it holds.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Every revision that serves or still has instances.</summary>
    public IReadOnlyCollection<RevisionPool> Pools => _pools.Values;

    /// <summary>The revisions that serve.</summary>
    public IReadOnlyCollection<RevisionPool> Serving => _serving.Values;

    /// <summary>What is known of the callers of each function.</summary>
    public IReadOnlyDictionary<string, FunctionActivity> Activities => _activities;

    /// <summary>The functions that spent budgets hold back.</summary>
    public BudgetHolds Holds { get; set; } = BudgetHolds.None;

    /// <summary>How long their memory is allotted; may be used without the lock.</summary>
    public MemoryMeter Memory { get; } = new(time);

    /// <summary>Messages to the gateway.</summary>
    public GatewayOutbox Outbox => outbox;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The pool of a revision; made when there is none.</summary>
    public RevisionPool PoolOf(RevisionRecord revision, string codeFolder)
    {
        if (!_pools.TryGetValue(revision.Id, out var pool))
        {
            _pools[revision.Id] = pool = new RevisionPool(revision, codeFolder, ActivityOf(revision.Function));
        }

        return pool;
    }

    /// <summary>What is known of a function's callers.</summary>
    public FunctionActivity ActivityOf(string function)
    {
        if (!_activities.TryGetValue(function, out var activity))
        {
            _activities[function] = activity = remembered.TryGetValue(function, out var known) && IdleHistory.TryParse(known.IdleTimes, out var history)
                ? new FunctionActivity(known.QuietSince < Now ? known.QuietSince : Now, history)
                : new FunctionActivity(Now, new IdleHistory());
        }

        return activity;
    }

    /// <summary>Makes <paramref name="pool"/> serve its function; what served before is returned.</summary>
    public RevisionPool? SetServing(RevisionPool pool)
    {
        _serving.Remove(pool.Revision.Function, out var previous);
        _serving[pool.Revision.Function] = pool;
        return previous == pool ? null : previous;
    }

    /// <summary>Nothing serves <paramref name="function"/> any more.</summary>
    public RevisionPool? RemoveServing(string function)
    {
        _activities.Remove(function);
        return _serving.Remove(function, out var pool) ? pool : null;
    }

    /// <summary>A revision that has no instance left and does not serve.</summary>
    public void Forget(RevisionPool pool) => _pools.Remove(pool.Revision.Id);

    public bool TryFindPool(string revision, [MaybeNullWhen(false)] out RevisionPool pool) => _pools.TryGetValue(revision, out pool);

    public RevisionPool? ServingPool(string function) => _serving.GetValueOrDefault(function);

    public void Add(RevisionPool pool, PooledInstance instance)
    {
        instance.Memory = Memory.Hold(pool.Revision.Function, pool.Spec.MemoryMiB);
        pool.Instances[instance.Handle.Id] = instance;
        _instances[instance.Handle.Id] = (pool, instance);
    }

    /// <summary>The instance is gone, or is being stopped.</summary>
    public void Take(RevisionPool pool, string instanceId)
    {
        pool.Instances.Remove(instanceId);
        if (_instances.Remove(instanceId, out var taken))
        {
            taken.Instance.Memory?.End();
        }
    }

    /// <summary>An instance ended that is not known: no more, or not yet.</summary>
    public void NoteEnd(string instanceId)
    {
        if (_ends.Count == EndsKept)
        {
            _ends.Dequeue();
        }

        _ends.Enqueue(instanceId);
    }

    /// <summary>Whether an instance ended before it became known.</summary>
    public bool HasEnded(string instanceId) => _ends.Contains(instanceId);

    /// <summary>An instance with its pool; null when it is none (any more).</summary>
    public (RevisionPool Pool, PooledInstance Instance)? Find(string instanceId) =>
        _instances.TryGetValue(instanceId, out var found) ? found : null;
}
