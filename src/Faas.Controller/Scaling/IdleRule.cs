using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Scaling;

/// <summary>What idleness means for a revision's instances: how many stay, which may stop, and when one is started ahead of the next invocation.</summary>
internal sealed class IdleRule(IKeepAlivePolicy policy)
{
    /// <summary>
    /// An instance is kept this long after its last invocation even if none is expected for a while: callers come in bursts, and a frozen instance costs
    /// only its memory.
    /// </summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    /// <summary>The plan for the pause that the function is in: its own keep-alive, else what is learned from its pauses.</summary>
    public KeepAlivePlan PlanOf(RevisionPool pool) =>
        pool.Activity.Plan ??= pool.Spec.KeepAlive is { } own ? new FixedKeepAlive(own).Plan(pool.Activity.History) : policy.Plan(pool.Activity.History);

    /// <summary>The plan in a sentence for users.</summary>
    public string Describe(RevisionPool pool) => PlanOf(pool).ToString();

    /// <summary>Instances that must be kept now.</summary>
    public int Minimum(RevisionPool pool, DateTimeOffset now)
    {
        var spec = pool.Spec;
        var scheduled = spec.Warm.Count == 0 ? 0 : pool.Warm.InstancesAt(now);
        return spec.MinInstances + scheduled + spec.MinActive == 0 ? 0 : ScaleDecision.Minimum(spec, scheduled, spec.MinActive > 0 && IsActive(pool, now));
    }

    /// <summary>Whether an idle instance may stop, the minimum aside.</summary>
    public bool MayStop(RevisionPool pool, PooledInstance instance, DateTimeOffset now)
    {
        var plan = PlanOf(pool);
        if (instance.IsPrewarmed)
        {
            return pool.Activity.Idle(now) >= plan.Until;
        }

        // Each instance of several by its own idle time: those that only a peak needed go first.
        var idle = now - instance.IdleSince;
        return !plan.WantsInstance(idle) && (!plan.Prewarms || idle >= Settle);
    }

    /// <summary>Whether an instance is to be started because an invocation is expected soon. Once in each pause.</summary>
    public bool ShouldPrewarm(RevisionPool pool, DateTimeOffset now)
    {
        var activity = pool.Activity;
        if (activity.IsBusy || activity.PrewarmedIn == activity.QuietSince || now < pool.NotBefore)
        {
            return false;
        }

        var plan = PlanOf(pool);
        var idle = activity.Idle(now);
        return plan.Prewarms && idle >= plan.Prewarm && idle < plan.Until;
    }

    private bool IsActive(RevisionPool pool, DateTimeOffset now)
    {
        if (pool.Activity.IsBusy)
        {
            return true;
        }

        var plan = PlanOf(pool);
        return pool.Activity.Idle(now) < (plan.Prewarms && plan.Keep < Settle ? Settle : plan.Keep);
    }
}
