using Faas.Contracts.Invocations;
using Faas.Controller.Scaling;
using Faas.Instances;
using Faas.Simulation.Running;
using Faas.Storage;

namespace Faas.Simulation.Ends;

/// <summary>What one controller has done on the machine. It takes time and sometimes fails; what is under way when the controller ends is never heard of.</summary>
internal sealed class HostSession(World world, ILifecycleEvents events) : IInstanceLifecycle
{
    private readonly Chance _chance = world.Chance.Split();

    /// <summary>The controller is gone.</summary>
    public bool IsOver { get; set; }

    public bool CanFreeze => world.Plan.CanFreeze;

    private Machine Machine => world.Machine;

    public void Yield()
    {
    }

    public bool HasStem(RevisionPool pool) => _chance.OneIn(2);

    public void Activate(RevisionPool pool, StartKind kind)
    {
        var began = world.Time.Now;
        Start(pool.Revision, (result, detail) =>
        {
            if (result is { } handle)
            {
                events.Started(pool, handle, new ActivationTime(world.Time.Now - began, _chance.OneIn(2)), kind);
            }
            else
            {
                events.StartFailed(pool, detail, "it did not start");
            }
        });
    }

    /// <summary>Starts an instance and tells what came of it: the instance, or why there is none.</summary>
    public void Start(RevisionRecord revision, Action<InstanceHandle?, InvocationError> done)
    {
        var sandbox = Machine.Create(revision);
        Later(_chance.OneIn(20) ? _chance.Span(100, 800) : _chance.Span(2, 60), () =>
        {
            if (sandbox.State != SandboxState.Starting)
            {
                return;
            }

            if (world.AreFaultsOn && _chance.OneIn(world.Plan.FailOneIn))
            {
                Machine.End(sandbox, "did not start");
                done(null, _chance.OneIn(2) ? InvocationError.InitFailed : InvocationError.Unavailable);
                return;
            }

            sandbox.State = SandboxState.Running;
            world.Trace.Note("activation ends", sandbox.Id);
            // Between its first moment and the controller's knowing of it an instance can end.
            Later(_chance.OneIn(20) ? _chance.Span(1, 50) : TimeSpan.Zero, () => done(sandbox.Handle(world.Time.GetUtcNow()), InvocationError.None));
        });
    }

    public void Stop(RevisionPool pool, string instanceId) => End(pool, instanceId, _chance.OneIn(10) ? _chance.Span(50, 2000) : _chance.Span(0.5, 30));

    public void Kill(RevisionPool pool, string instanceId) => End(pool, instanceId, _chance.Span(0.5, 20));

    public void Freeze(string instanceId)
    {
        if (Machine.Find(instanceId) is not { State: SandboxState.Running } sandbox)
        {
            Later(TimeSpan.Zero, () => events.Froze(instanceId, false));
            return;
        }

        if (sandbox.Running.Count + sandbox.HeldBack.Count > 0)
        {
            throw new BrokenPromiseException($"{instanceId} is frozen while {sandbox.Running.Count} run on it and {sandbox.HeldBack.Count} wait there");
        }

        sandbox.IsFrozen = true;
        world.Trace.Note("freeze begins", instanceId);
        Later(_chance.OneIn(20) ? _chance.Span(5, 150) : _chance.Span(0.1, 2), () =>
        {
            if (sandbox.State != SandboxState.Running || (world.AreFaultsOn && _chance.OneIn(world.Plan.FailOneIn * 3)))
            {
                sandbox.IsFrozen = false;
            }

            world.Trace.Note("freeze ends", instanceId, sandbox.IsFrozen ? "frozen" : "not frozen");
            events.Froze(instanceId, sandbox.IsFrozen);
        });
    }

    public void Thaw(string instanceId) => Later(_chance.OneIn(20) ? _chance.Span(5, 150) : _chance.Span(0.1, 2), () =>
    {
        var isAwake = Machine.Find(instanceId) is { State: SandboxState.Running } && !(world.AreFaultsOn && _chance.OneIn(world.Plan.FailOneIn * 3));
        if (isAwake)
        {
            Machine.Find(instanceId)!.IsFrozen = false;
        }

        world.Trace.Note("thaw ends", instanceId, isAwake ? "awake" : "failed");
        events.Thawed(instanceId, isAwake);
    });

    public TimeSpan? CpuOf(string instanceId) => null;

    /// <summary>Stops an instance that belongs to no pool.</summary>
    public void Discard(string instanceId)
    {
        if (Machine.Find(instanceId) is { State: SandboxState.Running } sandbox)
        {
            Machine.BeginStop(sandbox);
            Later(_chance.Span(0.5, 30), () => Machine.End(sandbox, "discarded"));
        }
    }

    private void End(RevisionPool pool, string instanceId, TimeSpan takes)
    {
        if (Machine.Find(instanceId) is not { State: SandboxState.Running } sandbox)
        {
            Later(TimeSpan.Zero, () => events.Stopped(pool, instanceId));
            return;
        }

        Machine.BeginStop(sandbox);
        Later(takes, () =>
        {
            Machine.End(sandbox, "stopped");
            events.Stopped(pool, instanceId);
        });
    }

    private void Later(TimeSpan delay, Action action) => world.Time.After(delay, () =>
    {
        if (!IsOver)
        {
            action();
        }
    });
}
