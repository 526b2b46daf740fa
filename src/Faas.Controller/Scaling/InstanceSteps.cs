using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Instances;

namespace Faas.Controller.Scaling;

/// <summary>
/// The steps of an instance's life. Each changes the table, tells the gateway and starts what takes time; none decides anything. All are called with
/// the table's lock held.
/// </summary>
internal sealed class InstanceSteps(FleetTable table, IMachine machine)
{
    private IInstanceLifecycle? _lifecycle;

    private IInstanceLifecycle Lifecycle => _lifecycle ?? throw new InvalidOperationException("an instance is to be started before the host that runs it");

    /// <summary>Whether instances can be frozen here.</summary>
    public bool CanFreeze => Lifecycle.CanFreeze;

    /// <summary>Callers wait, and the cores have no time to spare: what is done ahead of its use had better be done later.</summary>
    public void Yield() => Lifecycle.Yield();

    /// <summary>Whether there is a stem for its next instance.</summary>
    public bool HasStem(RevisionPool pool) => Lifecycle.HasStem(pool);

    /// <summary>CPU time that an instance has used; null when it cannot be known.</summary>
    public TimeSpan? CpuOf(string instanceId) => Lifecycle.CpuOf(instanceId);

    /// <summary>Connects with what starts and stops instances. Once, before anything else.</summary>
    public void Use(IInstanceLifecycle lifecycle) => _lifecycle = lifecycle;

    /// <summary>Begins an activation.</summary>
    public void Start(RevisionPool pool, bool isPrewarmed)
    {
        pool.Starting++;
        Grew(pool);
        Lifecycle.Activate(pool, isPrewarmed ? StartKind.Ahead : pool.Load.Waiting > 0 && pool.Count.Awake == 0 ? StartKind.Awaited : StartKind.Added);
    }

    /// <summary>An instance is ready: the gateway gets its slots. Null when it has ended in the moment between its start and this.</summary>
    public PooledInstance? Ready(RevisionPool pool, InstanceHandle handle, bool isPrewarmed)
    {
        if (table.HasEnded(handle.Id))
        {
            return null;
        }

        var instance = new PooledInstance(handle, table.Now) { IsPrewarmed = isPrewarmed };
        table.Add(pool, instance);
        Grew(pool);
        table.Outbox.Post(LinkMessages.InstanceReady(handle, pool.Spec.Concurrency, isFrozen: false));
        return instance;
    }

    /// <summary>Begins to drain an instance. An idle one may be refused.</summary>
    public void Drain(PooledInstance instance, DrainReason reason)
    {
        instance.Draining = reason;
        table.Outbox.Post(LinkMessages.Drain(instance.Handle.Id, onlyIfIdle: reason is DrainReason.Idle or DrainReason.Evicted));
    }

    /// <summary>Stops an instance that runs nothing.</summary>
    public void Stop(RevisionPool pool, string instanceId)
    {
        table.Take(pool, instanceId);
        // The gateway has drained it and keeps it until it hears that it is gone; no invocation ever sees this reason.
        table.Outbox.Post(LinkMessages.InstanceGone(instanceId, InvocationError.Crashed, "it was stopped"));
        pool.Stopping++;
        Lifecycle.Stop(pool, instanceId);
    }

    /// <summary>Kills an instance.</summary>
    public void Kill(RevisionPool pool, string instanceId)
    {
        table.Take(pool, instanceId);
        pool.Stopping++;
        Lifecycle.Kill(pool, instanceId);
    }

    /// <summary>Asks the gateway to give an idle instance no invocation, so that it can be frozen.</summary>
    public void AskToFreeze(PooledInstance instance)
    {
        instance.Freeze = FreezeState.Asked;
        table.Outbox.Post(LinkMessages.Freeze(instance.Handle.Id));
    }

    /// <summary>Freezes an instance that gets no invocation.</summary>
    public void Freeze(PooledInstance instance)
    {
        instance.Freeze = FreezeState.Freezing;
        Lifecycle.Freeze(instance.Handle.Id);
    }

    /// <summary>Begins to thaw a frozen instance.</summary>
    public void Thaw(RevisionPool pool, PooledInstance instance)
    {
        instance.Freeze = FreezeState.Thawing;
        Grew(pool);
        Lifecycle.Thaw(instance.Handle.Id);
    }

    /// <summary>An instance is awake: the gateway gets its slots.</summary>
    public void Awake(RevisionPool pool, PooledInstance instance)
    {
        instance.Freeze = FreezeState.Awake;
        instance.IdleSince = table.Now;
        Grew(pool);
        table.Outbox.Post(LinkMessages.Thawed(instance.Handle.Id));
    }

    private void Grew(RevisionPool pool)
    {
        pool.GrewAt = table.Now;
        pool.Window.Restart(machine.Read());
    }
}
