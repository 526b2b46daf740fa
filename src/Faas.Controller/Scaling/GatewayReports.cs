using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Link;

namespace Faas.Controller.Scaling;

/// <summary>What the gateway says about revisions and instances, and what follows from it.</summary>
internal sealed partial class GatewayReports(FleetTable table, InstanceSteps steps, Scaler scaler, IFunctionOutput logs, ILogger<GatewayReports> logger)
{
    /// <summary>Requests wait for a slot of a revision.</summary>
    public void OnCapacityWanted(CapacityWanted wanted)
    {
        lock (table.Lock)
        {
            if (wanted.Load is { } load && Note(load) is { } pool)
            {
                scaler.Respond(pool);
            }
        }
    }

    /// <summary>How busy revisions and instances are.</summary>
    public void OnLoad(LoadReport report)
    {
        lock (table.Lock)
        {
            var now = table.Now;
            foreach (var load in report.Instances)
            {
                if (table.Find(load.Instance) is var (_, instance))
                {
                    instance.InFlight = load.InFlight;
                    // One that was thawed or announced since has not been used by then: its own time is the later one.
                    var idleSince = now - TimeSpan.FromMilliseconds(load.IdleMs);
                    if (load.InFlight > 0 || idleSince > instance.IdleSince)
                    {
                        instance.IdleSince = load.InFlight > 0 ? now : idleSince;
                        scaler.Used(instance);
                    }

                    instance.IsPrewarmed &= load.InFlight == 0 && idleSince <= instance.ReadyAt;
                }
            }

            foreach (var load in report.Revisions)
            {
                Note(load);
            }
        }
    }

    /// <summary>A drained instance has no invocation left: it is stopped.</summary>
    public void OnDrained(string instanceId)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is var (pool, _))
            {
                steps.Stop(pool, instanceId);
            }
        }
    }

    /// <summary>An idle instance got busy before it could be drained: it stays.</summary>
    public void OnDrainRefused(string instanceId)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is var (pool, instance) && instance.Draining is DrainReason.Idle or DrainReason.Evicted)
            {
                instance.Draining = null;
                instance.Freeze = FreezeState.Awake;
                instance.IdleSince = table.Now;
                if (pool.IsRetired)
                {
                    steps.Drain(instance, DrainReason.Retired);
                }
            }
        }
    }

    /// <summary>An instance may be frozen, or got busy before that.</summary>
    public void OnFreezeAnswered(string instanceId, bool isAgreed)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is not var (pool, instance) || instance.Freeze != FreezeState.Asked || instance.Draining is not null)
            {
                return;   // it is being drained, which is further than frozen
            }

            if (!isAgreed)
            {
                instance.Freeze = FreezeState.Awake;
                instance.IdleSince = table.Now;
            }
            else if (pool.Load.HasLine)
            {
                steps.Awake(pool, instance);   // somebody came in between, and waits for it
            }
            else
            {
                steps.Freeze(instance);
            }
        }
    }

    /// <summary>The gateway found an instance unusable: it is killed and, where needed, replaced.</summary>
    public void OnDiscard(string instanceId, string reason)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is var (pool, _))
            {
                Log.Discarded(logger, instanceId, pool.Revision.Id, reason);
                logs.Platform(pool.Revision.Function, instanceId, LineLevel.Error, $"instance killed: {reason}");
                steps.Kill(pool, instanceId);
                table.Outbox.Post(LinkMessages.InstanceGone(instanceId, InvocationError.Crashed, reason));
                scaler.Replace(pool);
            }
        }
    }

    private RevisionPool? Note(RevisionLoad load)
    {
        if (!table.TryFindPool(load.Revision, out var pool))
        {
            return null;
        }

        pool.Load = new LineLoad(load.Waiting, load.InFlight, load.Slots, load.RunMs, TimeSpan.FromMilliseconds(load.OldestMs)) { Ahead = load.Ahead };
        pool.Trend.Counted(load.Arrivals, load.Completed, table.Now);
        if (!pool.IsRetired)
        {
            pool.Activity.Observe(load.Revision, load.Arrivals, load.Waiting + load.InFlight > 0, TimeSpan.FromMilliseconds(load.QuietMs), table.Now);
        }

        return pool;
    }

    private static partial class Log
    {
        [LoggerMessage(2102, LogLevel.Warning, "Instance {InstanceId} of {Revision} is killed: {Reason}")]
        public static partial void Discarded(ILogger logger, string instanceId, string revision, string reason);
    }
}
