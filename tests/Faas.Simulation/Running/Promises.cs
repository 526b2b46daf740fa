using Faas.Controller.Scaling;
using Faas.Gateway.Activation;
using Faas.Simulation.Ends;

namespace Faas.Simulation.Running;

/// <summary>What must hold after each step, and what must hold when nothing has happened for long.</summary>
internal sealed class Promises(World world)
{
    /// <summary>How long what was sent ahead may stay at an instance where nothing ends: two turns of the recall's timer, a message there and one back.</summary>
    private readonly TimeSpan _recallMax = TimeSpan.FromMilliseconds(10 + (2 * world.Plan.MessageMsMax));

    private readonly Dictionary<string, int> _surplus = [];

    /// <summary>
    /// A retired revision is to serve again, with a new instance. What was starting for it is not called back; it is stopped when it has started and there is
    /// no room for it.
    /// </summary>
    public void Revived(RevisionPool? pool)
    {
        if (pool is { Starting: > 0 })
        {
            _surplus[pool.Revision.Id] = pool.Starting;
        }
    }

    /// <summary>After each step, which is why nothing is allocated unless it fails.</summary>
    public void CheckStep()
    {
        CheckSlots();
        if (world.Controller is not { } controller)
        {
            return;
        }

        var allotted = 0L;
        foreach (var pool in controller.Parts.Table.Pools)
        {
            allotted += pool.HeldMiB;
            if (pool.Starting < 0 || pool.Stopping < 0)
            {
                throw new BrokenPromiseException($"{pool.Revision.Id}: {pool.Starting} are starting, {pool.Stopping} stopping");
            }

            var instances = pool.Starting;
            foreach (var instance in pool.Instances.Values)
            {
                instances += instance.Draining == DrainReason.Retired ? 0 : 1;
            }

            var surplus = _surplus.Count > 0 ? Math.Min(pool.Starting, _surplus.GetValueOrDefault(pool.Revision.Id)) : 0;
            if (instances - surplus > pool.Spec.MaxInstances)
            {
                throw new BrokenPromiseException($"{pool.Revision.Id} has {instances} instances, {pool.Spec.MaxInstances} are the most");
            }
        }

        if (allotted > world.BelievedMemoryMiB)
        {
            throw new BrokenPromiseException($"{allotted} MiB are allotted, {world.BelievedMemoryMiB} may be");
        }
    }

    private void CheckSlots()
    {
        var held = world.Gateway.Held;
        foreach (var instance in world.Gateway.Gates.Instances)
        {
            var use = instance.Gate.UseOf(instance);
            // With those that were sent ahead. Nobody else is on this thread, so the lock may be done without.
            var inUse = instance.InUse;
            if (inUse != held.GetValueOrDefault(instance))
            {
                throw new BrokenPromiseException($"{inUse} slots of {instance.Id} are in use, and callers hold {held.GetValueOrDefault(instance)}");
            }

            if (inUse > instance.Slots && instance.Slots > 1)
            {
                throw new BrokenPromiseException($"{inUse} of the {instance.Slots} slots of {instance.Id} are in use");
            }

            if (world.Gateway.Lines.TryGetValue(instance, out var line))
            {
                CheckAhead(instance, line);
            }

            if (use.State == InstanceState.Ready && use.InUse < instance.Slots && instance.Gate.HasLine)
            {
                throw new BrokenPromiseException($"somebody waits at {instance.Gate.Revision} beside a free slot of {instance.Id}");
            }
        }
    }

    /// <summary>Nobody stays at a stuck instance while another one of the gate has a free slot. Looks first at the time up to this step, then at what the step has made of it.</summary>
    private void CheckAhead(Instance instance, SharedLine line)
    {
        var now = world.Time.Now;
        if (line.BesideFreeSince is { } since && now - since.At > _recallMax)
        {
            throw new BrokenPromiseException($"{line.Held} wait ahead at {instance.Id}, where nothing ends, for {(now - since.At).TotalMilliseconds:0.###} ms beside a free slot");
        }

        if (line.Held == 0 || !HasFreeSlot(instance.Gate))
        {
            line.BesideFreeSince = null;
        }
        else if (line.BesideFreeSince is not { } known || known.Ends != line.Ends)
        {
            line.BesideFreeSince = (now, line.Ends);
        }
    }

    private bool HasFreeSlot(Gate gate)
    {
        foreach (var instance in world.Gateway.Gates.Instances)
        {
            if (instance.Gate == gate && instance.State == InstanceState.Ready && instance.InUse < instance.Slots)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>When nobody has called for hours.</summary>
    public void CheckRest()
    {
        var controller = world.Controller!;
        var table = controller.Parts.Table;
        Require(world.Gateway.HeldTotal == 0, () => $"{world.Gateway.HeldTotal} slots are held");
        foreach (var gate in world.Gateway.Gates.Gates)
        {
            var load = gate.Load();
            Require(load is { Waiting: 0, InUse: 0 }, () => $"{gate.Revision}: {load.Waiting} wait, {load.InUse} slots are in use");
        }

        Require(world.Gateway.Lines.Values.All(static line => line.Open == 0), () => "something is open on a shared connection");
        Require(world.Machine.Sandboxes.All(static s => s.Running.Count == 0 && s.HeldBack.Count == 0), () => "something runs or is held back in a sandbox");
        var kept = 0;
        foreach (var pool in table.Pools)
        {
            Require(!pool.IsRetired, () => $"{pool.Revision.Id} serves nobody and is not forgotten");
            Require(pool is { Starting: 0, Stopping: 0, StarvedSince: null }, () => $"{pool.Revision.Id}: {pool.Starting} starting, {pool.Stopping} stopping, starved since {pool.StarvedSince}");
            Require(pool.Instances.Count == pool.Spec.MinInstances, () => $"{pool.Revision.Id} has {pool.Instances.Count} instances, {pool.Spec.MinInstances} are to be kept");
            Require(pool.Load is { Waiting: 0, InFlight: 0 }, () => $"the controller believes that {pool.Load.Waiting} wait and {pool.Load.InFlight} run at {pool.Revision.Id}");
            kept += pool.Spec.MinInstances * pool.Spec.MemoryMiB;
            foreach (var instance in pool.Instances.Values)
            {
                CheckKept(instance);
            }
        }

        Require(table.Pools.Count == world.Catalog.Count, () => $"{table.Pools.Count} revisions are known, {world.Catalog.Count} are deployed");
        Require(controller.Parts.Room.UsedMiB == kept, () => $"{controller.Parts.Room.UsedMiB} MiB are in use, {kept} should be");
        Require(world.Machine.UsedMiB == kept, () => $"sandboxes have {world.Machine.UsedMiB} MiB, {kept} should be in use");
        Require(world.Machine.Sandboxes.All(s => table.Find(s.Id) is not null), () => "there is a sandbox that nobody knows");
        var known = world.Gateway.Gates.Instances.Count();
        Require(known == world.Machine.Sandboxes.Count, () => $"the gateway knows {known} instances, there are {world.Machine.Sandboxes.Count}");
        Require(world.Gateway.Gates.Gates.Count() == world.Catalog.Count, () => $"the gateway has {world.Gateway.Gates.Gates.Count()} gates, {world.Catalog.Count} functions are deployed");
    }

    private void CheckKept(PooledInstance instance)
    {
        var sandbox = world.Machine.Find(instance.Handle.Id);
        Require(sandbox is { State: SandboxState.Running }, () => $"{instance.Handle.Id} is kept, and does not exist");
        Require(sandbox!.IsFrozen == (instance.Freeze == FreezeState.Frozen), () => $"{instance.Handle.Id} is {(sandbox.IsFrozen ? "" : "not ")}frozen, and the controller takes it for {instance.Freeze}");
        Require(world.Gateway.Gates.TryFind(instance.Handle.Id, out var known), () => $"the gateway does not know {instance.Handle.Id}");
        var state = known!.Gate.UseOf(known).State;
        Require(state == (sandbox.IsFrozen ? InstanceState.Frozen : InstanceState.Ready), () => $"{instance.Handle.Id} is {instance.Freeze}, and the gateway takes it for {state}");
    }

    /// <summary>Fails the schedule unless <paramref name="holds"/>.</summary>
    public static void Require(bool holds, Func<string> otherwise)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(otherwise());
        }
    }
}
