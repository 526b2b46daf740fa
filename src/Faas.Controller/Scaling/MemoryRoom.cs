using Faas.Controller.Link;
using Faas.Contracts.Invocations;
using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Scaling;

/// <summary>
/// The machine's memory for instances. Nothing starts that does not fit; who needs more than there is asks, and gets what idle instances of others
/// free, cheapest loss first, or in the end its fair share of what is busy. All of it is called with the table's lock held.
/// </summary>
internal sealed class MemoryRoom(FleetTable table, InstanceSteps steps, IMachine machine, MachineOptions options)
{
    /// <summary>Below this share of the machine's memory available, idle instances are stopped although they fit by what they were allotted.</summary>
    private const int PressureShare = 20;

    private static readonly TimeSpan PressureInterval = TimeSpan.FromSeconds(1);

    private readonly List<RevisionPool> _asking = [];
    private readonly Queue<TrialClaim> _trials = new();
    private readonly GreedyDual _values = new();
    private readonly Dictionary<RevisionPool, DateTimeOffset> _servedAt = [];
    private long _trialMiB;
    private DateTimeOffset _pressureAt;

    /// <summary>What instances may be allotted together, in MiB.</summary>
    public long CapacityMiB { get; } = options.AllottableMiB(machine);

    /// <summary>What instances are valued against when memory is short; noted in each at its use.</summary>
    public double EvictionClock => _values.Clock;

    /// <summary>What is allotted, in MiB: an instance counts from the first moment of its start to the last of its end.</summary>
    public long UsedMiB => _trialMiB + table.Pools.Sum(pool => pool.HeldMiB);

    /// <summary>Whether one more instance may start now. Who asked earlier goes first.</summary>
    public bool TryAdmit(RevisionPool pool) => _asking.Count + _trials.Count == 0 && Fits(pool.Spec.MemoryMiB);

    /// <summary>Notes that <paramref name="pool"/> needs an instance for which there is no memory, and sees to it that there will be.</summary>
    public void Ask(RevisionPool pool, DateTimeOffset now)
    {
        if (pool.Spec.MemoryMiB > CapacityMiB)
        {
            var never = $"an instance needs {pool.Spec.MemoryMiB} MiB, and all instances of this machine together may use {CapacityMiB} MiB";
            pool.Decisions.Note(now, "too large", "held", never, static why => why);
            table.Outbox.Post(LinkMessages.ActivationFailed(pool.Revision.Id, InvocationError.Unavailable, never));
            return;
        }

        if (pool.StarvedSince is null)
        {
            pool.StarvedSince = now;
            _asking.Add(pool);
        }

        var detail = $"all memory for instances is in use: {UsedMiB} of {CapacityMiB} MiB, and an instance needs {pool.Spec.MemoryMiB}";
        pool.Decisions.Note(now, "no memory", "held", detail, static why => why);
        table.Outbox.Post(LinkMessages.ActivationHeld(pool.Revision.Id, detail));
        MakeRoom(now);
    }

    /// <summary>Memory for one start that belongs to no pool yet: the trial of a new revision. Completes when there is room; cancelling gives it up.</summary>
    public Task<IDisposable> ReserveAsync(int memoryMiB, CancellationToken cancellationToken)
    {
        var claim = new TrialClaim(memoryMiB, this);
        _trials.Enqueue(claim);
        GrantTrials();
        if (!claim.Task.IsCompleted)
        {
            MakeRoom(table.Now);
        }

        return claim.WaitAsync(cancellationToken);
    }

    /// <summary>The next revision that asked and gets an instance now, which has begun to start; null when nobody does.</summary>
    public RevisionPool? GrantNext(DateTimeOffset now)
    {
        GrantTrials();
        while (_trials.Count == 0 && First() is { } pool)
        {
            if (!pool.IsRetired && pool.Load.Waiting > 0 && pool.HasRoom)
            {
                if (!Fits(pool.Spec.MemoryMiB))
                {
                    return null;
                }

                Leave(pool);
                _servedAt[pool] = now;
                steps.Start(pool, isPrewarmed: false);
                return pool;
            }

            Leave(pool);   // nobody waits there any more, or it has got all that it may have otherwise
        }

        return null;
    }

    /// <summary>Called several times a second: tries again for who asks, and looks whether the machine itself is short of memory.</summary>
    public void Tick(DateTimeOffset now)
    {
        if (_asking.Count + _trials.Count > 0)
        {
            MakeRoom(now);
        }

        if (now - _pressureAt >= PressureInterval)
        {
            _pressureAt = now;
            var available = machine.AvailableMiB();
            if (available < machine.MemoryMiB / PressureShare)
            {
                Evict(1, now, $"the machine is short of memory: {available} of {machine.MemoryMiB} MiB are available");
            }
        }
    }

    /// <summary>Forgets a revision that is gone.</summary>
    public void Forget(RevisionPool pool)
    {
        Leave(pool);
        _servedAt.Remove(pool);
    }

    private bool Fits(int memoryMiB) => UsedMiB + memoryMiB <= CapacityMiB;

    /// <summary>Whose turn it is: who has fewest instances, and among those who has asked longest.</summary>
    private RevisionPool? First() => _asking.OrderBy(p => p.Instances.Count + p.Starting).ThenBy(p => p.StarvedSince).FirstOrDefault();

    private void Leave(RevisionPool pool)
    {
        pool.StarvedSince = null;
        _asking.Remove(pool);
    }

    private void GrantTrials()
    {
        while (_trials.TryPeek(out var claim) && (claim.Task.IsCompleted || Fits(claim.MemoryMiB)))
        {
            _trials.Dequeue();
            if (claim.TryGrant())
            {
                _trialMiB += claim.MemoryMiB;
            }
        }
    }

    private void Release(TrialClaim claim)
    {
        lock (table.Lock)
        {
            _trialMiB -= claim.MemoryMiB;
        }
    }

    /// <summary>Frees memory for the first one in the line of those who ask.</summary>
    private void MakeRoom(DateTimeOffset now)
    {
        var trial = _trials.TryPeek(out var claim) ? claim : null;
        var pool = trial is null ? First() : null;
        if (trial is null && pool is null)
        {
            return;
        }

        var needed = (trial?.MemoryMiB ?? pool!.Spec.MemoryMiB) - (CapacityMiB - UsedMiB) - ComingMiB();
        if (needed <= 0)
        {
            return;
        }

        needed -= Evict(needed, now, $"its memory is needed by {pool?.Revision.Function ?? "a deployment"}");
        if (needed > 0 && pool is not null)
        {
            Reclaim(pool, now);
        }
    }

    /// <summary>Memory that instances will free which are on their way out.</summary>
    private long ComingMiB() => table.Pools.Sum(pool =>
        (long)pool.Spec.MemoryMiB * (pool.Stopping + pool.Instances.Values.Count(instance => instance.Draining is not null)));

    /// <summary>Begins to stop idle instances whose loss costs least, at least <paramref name="neededMiB"/> of them if there are so many. What they hold is returned.</summary>
    private long Evict(long neededMiB, DateTimeOffset now, string reason)
    {
        var candidates = new List<(RevisionPool Pool, PooledInstance Instance)>();
        foreach (var pool in table.Pools)
        {
            var surplus = pool.Instances.Count - pool.Spec.MinInstances;
            foreach (var instance in pool.Instances.Values)
            {
                if (surplus > 0 && instance is { Draining: null, InFlight: 0 } && !pool.Load.HasLine)
                {
                    candidates.Add((pool, instance));
                    surplus--;
                }
            }
        }

        var chosen = _values.Evict(
            candidates.Select(c => new EvictionCandidate(
                c.Instance.Handle.Id, c.Pool.Spec.MemoryMiB, c.Pool.Activations.Mean, c.Pool.Activity.Uses(now), c.Instance.ClockAtUse, c.Instance.IdleSince)),
            Math.Min(neededMiB, candidates.Sum(c => c.Pool.Spec.MemoryMiB)));
        var freed = 0L;
        foreach (var id in chosen)
        {
            var (pool, instance) = candidates.First(c => c.Instance.Handle.Id == id);
            steps.Drain(instance, DrainReason.Evicted);
            pool.Decisions.Note(now, "evicted", "stopped 1", reason, static why => why);
            freed += pool.Spec.MemoryMiB;
        }

        return freed;
    }

    /// <summary>Nothing is idle: somebody who has more gives one up, as soon as what runs on it has ended.</summary>
    private void Reclaim(RevisionPool pool, DateTimeOffset now)
    {
        var others = table.Pools.Where(other => other != pool && !other.IsRetired).ToList();
        var shares = others.ConvertAll(other => ShareOf(other));
        var giver = MemoryShares.WhoGives(ShareOf(pool), pool.StarvedSince ?? now, shares, now);
        if (giver >= 0 && others[giver].Instances.Values.FirstOrDefault(i => i.Draining is null) is { } instance)
        {
            steps.Drain(instance, DrainReason.Reclaimed);
            others[giver].Decisions.Note(now, "reclaimed", "gave up 1", pool.Revision.Function, static other => $"all memory is in use, and {other} has less than its share");
        }
    }

    private MemoryShare ShareOf(RevisionPool pool) => new(
        pool.HeldMiB, pool.Spec.MemoryMiB, pool.Instances.Values.Count(i => i.Draining is null), _servedAt.GetValueOrDefault(pool));

    /// <summary>A deployment that waits for memory.</summary>
    private sealed class TrialClaim(int memoryMiB, MemoryRoom room) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IDisposable
    {
        private int _isReleased;

        public int MemoryMiB { get; } = memoryMiB;

        public bool TryGrant() => TrySetResult();

        public async Task<IDisposable> WaitAsync(CancellationToken cancellationToken)
        {
            await using var cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((TrialClaim)state!).TrySetCanceled(token), this);
            await Task;
            return this;
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            {
                room.Release(this);
            }
        }
    }
}
