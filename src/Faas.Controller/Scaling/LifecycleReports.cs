using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Metrics;
using Faas.Instances;

namespace Faas.Controller.Scaling;

/// <summary>What becomes of instances - asked for or by themselves - and what follows from it.</summary>
internal sealed partial class LifecycleReports(FleetTable table, InstanceSteps steps, Scaler scaler, IFunctionOutput logs, ILogger<LifecycleReports> logger)
    : ILifecycleEvents, IInstanceEvents
{
    /// <summary>Counts activations; null for nobody.</summary>
    public PlatformMetrics? Metrics { get; set; }

    /// <summary>Reads how many MiB the ready stems have; null before there is a host.</summary>
    public Func<long>? StemMiB { get; set; }

    /// <inheritdoc/>
    public void Started(RevisionPool pool, InstanceHandle instance, ActivationTime time, StartKind kind)
    {
        lock (table.Lock)
        {
            pool.Starting--;
            pool.Succeeded(time);
            Metrics?.Activated(kind, time);
            if (pool.IsRetired || !pool.HasRoom)
            {
                // Without room: the revision was retired and serves again, and the instance that it was deployed with has taken this one's place.
                steps.Stop(pool, instance.Id);
                return;
            }

            if (steps.Ready(pool, instance, isPrewarmed: kind == StartKind.Ahead) is null)
            {
                scaler.Replace(pool);
                scaler.MemoryFreed();
                return;
            }

            scaler.Respond(pool);
        }
    }

    /// <inheritdoc/>
    public void StartFailed(RevisionPool pool, InvocationError error, string detail)
    {
        lock (table.Lock)
        {
            pool.Starting--;
            pool.Load = default;
            pool.Failed(error, detail, table.Now);
            Metrics?.ActivationFailed(error);
            pool.Decisions.Note(table.Now, "failed", "start failed", detail, static why => why);
            Log.ActivationFailed(logger, pool.Revision.Id, detail);
            table.Outbox.Post(LinkMessages.ActivationFailed(pool.Revision.Id, error, detail));
            scaler.MemoryFreed();
        }
    }

    /// <inheritdoc/>
    public void Stopped(RevisionPool pool, string instanceId)
    {
        lock (table.Lock)
        {
            pool.Stopping--;
            scaler.MemoryFreed();
        }
    }

    /// <inheritdoc/>
    public void Froze(string instanceId, bool isFrozen)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is not var (pool, instance) || instance.Freeze != FreezeState.Freezing || instance.Draining is not null)
            {
                return;
            }

            if (!isFrozen)
            {
                steps.Awake(pool, instance);   // it could not be; it is as good awake
            }
            else if (pool.Load.HasLine)
            {
                steps.Thaw(pool, instance);   // somebody came while it was being frozen
            }
            else
            {
                instance.Freeze = FreezeState.Frozen;
            }
        }
    }

    /// <inheritdoc/>
    public void Thawed(string instanceId, bool isAwake)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is not var (pool, instance) || instance.Freeze != FreezeState.Thawing || instance.Draining is not null)
            {
                return;
            }

            if (isAwake)
            {
                steps.Awake(pool, instance);
                return;
            }

            const string Reason = "the instance could not be thawed";
            steps.Kill(pool, instanceId);
            table.Outbox.Post(LinkMessages.InstanceGone(instanceId, InvocationError.Crashed, Reason));
            logs.Platform(pool.Revision.Function, instanceId, LineLevel.Error, Reason);
            scaler.Replace(pool);
        }
    }

    /// <inheritdoc/>
    public void Exited(string instanceId, string revision, InvocationError outcome, string detail)
    {
        lock (table.Lock)
        {
            if (table.Find(instanceId) is var (pool, _))
            {
                table.Take(pool, instanceId);
                detail = outcome == InvocationError.OutOfMemory ? $"{detail}; its limit is {pool.Spec.MemoryMiB} MiB, set 'memory' higher if it needs more" : detail;
                Log.Exited(logger, instanceId, revision, outcome, detail);
                logs.Platform(pool.Revision.Function, instanceId, outcome == InvocationError.None ? LineLevel.Info : LineLevel.Error, $"instance ended: {detail}");
                pool.Decisions.Note(table.Now, "exited", "lost 1", detail, static why => why);
                scaler.Replace(pool);
                scaler.MemoryFreed();
            }
            else
            {
                table.NoteEnd(instanceId);
            }

            // Told even if it is no longer ours, because the gateway may hold a request back until it knows why the instance ended.
            table.Outbox.Post(LinkMessages.InstanceGone(instanceId, outcome, detail));
        }
    }

    /// <inheritdoc/>
    void IInstanceEvents.Log(string functionName, LogLine line) => logs.Append(functionName, line);

    /// <inheritdoc/>
    public void StemsChanged()
    {
        if (StemMiB is { } read)
        {
            table.Memory.SetStems(read);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "Instance {InstanceId} of {Revision} ended: {Error}, {Detail}")]
        public static partial void Exited(ILogger logger, string instanceId, string revision, InvocationError error, string detail);

        [LoggerMessage(2103, LogLevel.Warning, "No instance of {Revision} could be started: {Detail}")]
        public static partial void ActivationFailed(ILogger logger, string revision, string detail);
    }
}
