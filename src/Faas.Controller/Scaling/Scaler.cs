namespace Faas.Controller.Scaling;

/// <summary>Decides, with the table's lock held, what happens to a revision's instances, and has it done.</summary>
internal sealed class Scaler(FleetTable table, InstanceSteps steps, MemoryRoom room, IMachine machine, IdleRule idle)
{
    /// <summary>Idle time after which an instance is frozen. With the age of a report (a quarter of a second) and a tick it is within a second.</summary>
    private static readonly TimeSpan FreezeAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Cores that making a stem takes: an engine's daemons and the runtime's start keep one busy.</summary>
    private const double StartCores = 1;

    private readonly CoreLoad _cores = new();

    /// <summary>Events of a function that wait behind those that are in its line. None until the queue is there.</summary>
    public Func<string, DateTimeOffset, long> EventsOf { get; set; } = static (_, _) => 0;

    /// <summary>The line has changed: thaws and starts what it needs.</summary>
    public void Respond(RevisionPool pool)
    {
        if (pool.IsRetired || pool.Load.Waiting == 0)
        {
            return;
        }

        var now = table.Now;
        var question = QuestionOf(pool, now);
        if (question.Machine.IdleLately * question.Machine.Cores < StartCores)
        {
            steps.Yield();
        }

        var answer = ScaleDecision.Decide(question);
        Thaw(pool, answer.Thaw);
        var started = Start(pool, answer.Start, now);
        ScaleStory.Note(pool, question, answer with { Start = started }, now);
    }

    /// <summary>Memory has become free: who asked for it gets it.</summary>
    public void MemoryFreed()
    {
        while (room.GrantNext(table.Now) is { } pool)
        {
            Respond(pool);
        }
    }

    /// <summary>An instance was used: what it is worth when memory is short counts from now.</summary>
    public void Used(PooledInstance instance) => instance.ClockAtUse = room.EvictionClock;

    /// <summary>An instance was lost: the minimum is restored, and so is what the line had.</summary>
    public void Replace(RevisionPool pool)
    {
        KeepMinimum(pool, table.Now);
        Respond(pool);
    }

    /// <summary>Called several times a second: freezes and stops what is idle, keeps minimums, starts ahead of what is expected.</summary>
    public void Tick(DateTimeOffset now)
    {
        List<RevisionPool>? empty = null;
        foreach (var pool in table.Pools)
        {
            if (!pool.IsRetired)
            {
                KeepMinimum(pool, now);
                Rest(pool, now);
            }
            else if (pool.IsEmpty)
            {
                (empty ??= []).Add(pool);
            }
        }

        empty?.ForEach(Forget);
        room.Tick(now);
        MemoryFreed();
    }

    /// <summary>Starts what is missing to the minimum.</summary>
    public void KeepMinimum(RevisionPool pool, DateTimeOffset now)
    {
        var wanted = idle.Minimum(pool, now);
        if (wanted == 0 || pool.IsRetired || now < pool.NotBefore)
        {
            return;
        }

        var count = pool.Count;
        var missing = Math.Min(wanted - count.Serving - count.Frozen, pool.Spec.MaxInstances - count.All);
        var started = 0;
        while (started < missing && room.TryAdmit(pool))
        {
            steps.Start(pool, isPrewarmed: false);
            started++;
        }

        if (started > 0)
        {
            pool.Decisions.Note(now, "minimum", $"started {started}", wanted, static n => $"{n} must be kept now (minInstances, minActive or a warm window)");
        }
    }

    private void Forget(RevisionPool pool)
    {
        table.Forget(pool);
        room.Forget(pool);
    }

    private ScaleQuestion QuestionOf(RevisionPool pool, DateTimeOffset now)
    {
        var reading = machine.Read();
        _cores.Look(reading, machine.Cores);
        var idleShare = pool.Window.IdleShare(reading, machine.Cores);
        var load = pool.Load with { RunMs = pool.Trend.AtMost(pool.Load.RunMs, pool.Load.Slots), Queued = EventsOf(pool.Spec.Name, now) };
        // Cores for which threads wait are busy, whatever they are some of the time. Also when their idle time is not known: right after growth they are.
        pool.Trend.Ran(load.RunMs, coresAreBusy: !(idleShare >= ScaleDecision.IdleShareMin) || _cores.Runnable > machine.Cores);
        return new ScaleQuestion
        {
            Load = load,
            ArrivalsPerSecond = pool.Trend.ArrivalsPerSecond,
            CleanRunMs = pool.Trend.CleanRunMs,
            Pool = pool.Count,
            Machine = new MachineLoad(machine.Cores, idleShare) { IdleLately = _cores.IdleShare, Runnable = _cores.Runnable },
            Concurrency = pool.Spec.Concurrency,
            MaxInstances = pool.Spec.MaxInstances,
            ActivationMs = pool.Activations.Expected(steps.HasStem(pool)),
            SinceGrowth = now - pool.GrewAt,
            IsComputing = (idleShare ?? _cores.IdleShare) < ScaleDecision.IdleShareMin ? IsComputing(pool, now) : null,   // looked at only where it decides something
        };
    }

    private bool? IsComputing(RevisionPool pool, DateTimeOffset now)
    {
        if (!pool.Cpu.IsDue(now))
        {
            return pool.Cpu.IsComputing;
        }

        var used = TimeSpan.Zero;
        foreach (var id in pool.Instances.Keys)
        {
            if (steps.CpuOf(id) is not { } time)
            {
                return null;   // it cannot be known here
            }

            used += time;
        }

        pool.Cpu.Look(used, pool.Instances.Count, now);
        return pool.Cpu.IsComputing;
    }

    private int Start(RevisionPool pool, int count, DateTimeOffset now)
    {
        for (var started = 0; started < count; started++)
        {
            if (!room.TryAdmit(pool))
            {
                room.Ask(pool, now);
                return started;
            }

            steps.Start(pool, isPrewarmed: false);
        }

        return count;
    }

    private void Thaw(RevisionPool pool, int count)
    {
        foreach (var instance in pool.Instances.Values)
        {
            if (count <= 0)
            {
                return;
            }

            // One that is being frozen this instant is thawed as soon as it is: the line is still there then, and is asked about again.
            if (instance is { Draining: null, Freeze: FreezeState.Frozen })
            {
                steps.Thaw(pool, instance);
                count--;
            }
        }
    }

    /// <summary>What idleness brings: freezing, stopping, and starting again before the next invocation is expected.</summary>
    private void Rest(RevisionPool pool, DateTimeOffset now)
    {
        if (!table.Outbox.IsConnected)
        {
            return;   // nobody could say whether an instance is idle
        }

        if (pool.Instances.Count > 0)
        {
            StopIdle(pool, now);
            FreezeIdle(pool, now);
        }
        else if (pool.Starting == 0 && idle.ShouldPrewarm(pool, now) && room.TryAdmit(pool))
        {
            pool.Activity.PrewarmedIn = pool.Activity.QuietSince;
            steps.Start(pool, isPrewarmed: true);
            pool.Decisions.Note(now, "prewarmed", "started 1 ahead", idle.PlanOf(pool), static plan => plan.ToString());
        }
    }

    private void StopIdle(RevisionPool pool, DateTimeOffset now)
    {
        var count = pool.Count;
        var surplus = count.Serving + count.Frozen - idle.Minimum(pool, now);
        if (surplus <= 0)
        {
            return;
        }

        List<PooledInstance>? ending = null;
        foreach (var instance in pool.Instances.Values)
        {
            if (instance is { Draining: null, InFlight: 0 } && idle.MayStop(pool, instance, now))
            {
                (ending ??= []).Add(instance);
            }
        }

        if (ending is null)
        {
            return;
        }

        ending.Sort(static (a, b) => a.IdleSince.CompareTo(b.IdleSince));
        var stopped = Math.Min(surplus, ending.Count);
        for (var i = 0; i < stopped; i++)
        {
            steps.Drain(ending[i], DrainReason.Idle);
        }

        pool.Decisions.Note(now, "stopped", $"stopped {stopped}", idle.PlanOf(pool), static plan => plan.ToString());
    }

    private void FreezeIdle(RevisionPool pool, DateTimeOffset now)
    {
        if (!pool.Spec.Freeze || pool.Load.HasLine || !steps.CanFreeze)
        {
            return;
        }

        foreach (var instance in pool.Instances.Values)
        {
            if (instance is { IsAtRest: true, InFlight: 0 } && now - instance.IdleSince >= FreezeAfter)
            {
                steps.AskToFreeze(instance);
            }
        }
    }
}
