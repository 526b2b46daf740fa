using System.Threading.Channels;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Instances;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>
/// All revisions and their instances, and what the gateway is told of them. One lock guards all of it, messages are posted
/// with the lock held so that the gateway sees changes in the order in which they happened, and nothing that takes time happens inside:
/// starting and stopping is <see cref="InstanceLifecycle"/>'s.
/// </summary>
internal sealed partial class Fleet(
    GatewayOutbox outbox, GatewayLimits limits, FunctionLogs logs, BackgroundWork work, TimeProvider time, ILogger<Fleet> logger) : IInstanceEvents
{
    /// <summary>Longest wait for a gateway to apply a change, which takes it well below a millisecond.</summary>
    private static readonly TimeSpan AppliedMax = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RevisionPool> _pools = [];
    private readonly Dictionary<string, RevisionPool> _serving = [];
    private readonly GatewayFences _fences = new(outbox);
    private InstanceLifecycle? _lifecycle;

    private InstanceLifecycle Lifecycle => _lifecycle ?? throw new InvalidOperationException("the fleet is used before its host has started");

    /// <summary>Connects the fleet with what starts and stops instances. Once, before anything else.</summary>
    public void Use(InstanceLifecycle lifecycle) => _lifecycle = lifecycle;

    /// <summary>Makes <paramref name="revision"/> known and serving, without an instance: what was deployed before this start.</summary>
    public void Restore(RevisionRecord revision, string codeFolder)
    {
        lock (_lock)
        {
            var pool = new RevisionPool(revision, codeFolder);
            _pools[revision.Id] = pool;
            _serving[revision.Function] = pool;
            outbox.Post(LinkMessages.Route(revision, limits));
        }
    }

    /// <summary>Takes over an instance that outlived an earlier controller.</summary>
    public void Adopt(InstanceHandle instance)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(instance.Revision, out var pool))
            {
                AddReady(pool, instance);
            }
        }
    }

    /// <summary>
    /// Makes <paramref name="revision"/> serve, with <paramref name="first"/> as its first instance, and retires what served before.
    /// The instance is announced before the route, so that no request meets an empty revision.
    /// </summary>
    public void Serve(RevisionRecord revision, string codeFolder, InstanceHandle first)
    {
        lock (_lock)
        {
            // Going back to a revision that is still draining takes its pool up again: its old instances end as they would have.
            var pool = _pools.GetValueOrDefault(revision.Id) ?? new RevisionPool(revision, codeFolder);
            pool.IsRetired = false;
            _pools[revision.Id] = pool;
            AddReady(pool, first);
            _serving.TryGetValue(revision.Function, out var previous);
            _serving[revision.Function] = pool;
            outbox.Post(LinkMessages.Route(revision, limits));
            if (previous is not null)
            {
                Retire(previous);
            }

            KeepMinimum(pool, time.GetUtcNow());
        }
    }

    /// <summary>Stops serving <paramref name="function"/>: what runs ends in peace, what waits is told that it is gone.</summary>
    public void Remove(string function)
    {
        lock (_lock)
        {
            if (_serving.Remove(function, out var pool))
            {
                outbox.Post(LinkMessages.RouteRemoved(function));
                Retire(pool);
            }
        }
    }

    /// <summary>A gateway connected: everything it must know, then everything that changes.</summary>
    public Channel<ControllerMessage> Connect(string version)
    {
        lock (_lock)
        {
            _fences.ReleaseAll();
            var channel = outbox.Open();
            outbox.Post(new ControllerMessage { SyncBegin = new SyncBegin { ControllerVersion = version } });
            foreach (var pool in _serving.Values)
            {
                outbox.Post(LinkMessages.Route(pool.Revision, limits));
            }

            foreach (var pool in _pools.Values)
            {
                foreach (var instance in pool.Instances.Values)
                {
                    outbox.Post(LinkMessages.InstanceReady(instance.Handle, pool.Spec.Concurrency));
                    if (instance.Draining is { } reason)
                    {
                        outbox.Post(LinkMessages.Drain(instance.Handle.Id, reason == DrainReason.Idle));
                    }
                }
            }

            outbox.Post(new ControllerMessage { SyncEnd = new SyncEnd() });
            return channel;
        }
    }

    /// <summary>The gateway of <paramref name="channel"/> is gone.</summary>
    public void Disconnect(Channel<ControllerMessage> channel)
    {
        lock (_lock)
        {
            outbox.Close(channel);
            if (!outbox.IsConnected)
            {
                _fences.ReleaseAll();
            }
        }
    }

    /// <summary>Completes when the gateway routes by all that was changed so far, or when there is none to wait for.</summary>
    public async Task AppliedAsync(CancellationToken ct)
    {
        Task applied;
        lock (_lock)
        {
            applied = _fences.Post();
        }

        try
        {
            await applied.WaitAsync(AppliedMax, time, ct);
        }
        catch (TimeoutException)
        {
            // A gateway that hangs is the supervisor's to restart; what was deployed is saved, and serves when the gateway is back.
        }
    }

    /// <summary>The gateway has applied everything up to a fence.</summary>
    public void OnFencePassed(long number)
    {
        lock (_lock)
        {
            _fences.Passed(number);
        }
    }

    /// <summary>Posts a message that is not about the fleet.</summary>
    public void Post(ControllerMessage message)
    {
        lock (_lock)
        {
            outbox.Post(message);
        }
    }

    /// <summary>Requests wait for a slot of a revision.</summary>
    public void OnCapacityWanted(CapacityWanted wanted)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(wanted.Revision, out var pool) && !pool.IsRetired)
            {
                pool.Load = new LineLoad(wanted.Waiting, wanted.InFlight, wanted.RunMs);
                ScaleOut(pool);
            }
        }
    }

    /// <summary>The gateway's view of how busy instances are.</summary>
    public void OnLoad(LoadReport report)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var load in report.Instances)
            {
                if (Find(load.Instance) is var (_, instance))
                {
                    instance.InFlight = load.InFlight;
                    instance.IdleSince = load.InFlight > 0 ? now : now - TimeSpan.FromMilliseconds(load.IdleMs);
                }
            }
        }
    }

    /// <summary>A drained instance has no invocation left: it is stopped.</summary>
    public void OnDrained(string instanceId)
    {
        lock (_lock)
        {
            if (Find(instanceId) is var (pool, _))
            {
                Take(pool, instanceId);
                Lifecycle.Stop(instanceId);
            }
        }
    }

    /// <summary>An idle instance got busy before it could be drained: it stays.</summary>
    public void OnDrainRefused(string instanceId)
    {
        lock (_lock)
        {
            if (Find(instanceId) is var (pool, instance) && instance.Draining == DrainReason.Idle)
            {
                instance.Draining = null;
                instance.IdleSince = time.GetUtcNow();
                if (pool.IsRetired)
                {
                    Drain(instance, DrainReason.Retired);
                }
            }
        }
    }

    /// <summary>The gateway found an instance unusable: it is killed and, where needed, replaced.</summary>
    public void OnDiscard(string instanceId, string reason)
    {
        lock (_lock)
        {
            if (Find(instanceId) is var (pool, _))
            {
                Take(pool, instanceId);
                Log.Discarded(logger, instanceId, pool.Revision.Id, reason);
                logs.Platform(pool.Revision.Function, instanceId, $"instance killed: {reason}");
                Lifecycle.Kill(instanceId);
                outbox.Post(LinkMessages.InstanceGone(instanceId, InvocationError.Crashed, reason));
                KeepMinimum(pool, time.GetUtcNow());
            }
        }
    }

    /// <inheritdoc/>
    public void Exited(string instanceId, string revision, InvocationError error, string detail)
    {
        lock (_lock)
        {
            if (Find(instanceId) is var (pool, _))
            {
                Take(pool, instanceId);
                detail = error == InvocationError.OutOfMemory ? $"{detail}; its limit is {pool.Spec.MemoryMiB} MiB, set 'memory' higher if it needs more" : detail;
                Log.Exited(logger, instanceId, revision, error, detail);
                logs.Platform(pool.Revision.Function, instanceId, $"instance ended: {detail}");
                KeepMinimum(pool, time.GetUtcNow());
            }

            // Told even if it is no longer ours, because the gateway may hold a request back until it knows why the instance ended.
            outbox.Post(LinkMessages.InstanceGone(instanceId, error, detail));
        }
    }

    /// <inheritdoc/>
    void IInstanceEvents.Log(string function, LogLine line) => logs.Append(function, line);

    /// <inheritdoc/>
    public void StemsChanged()
    {
    }

    /// <summary>Called a few times a second: stops what has been idle for its keep-alive, keeps minimums, forgets empty retired revisions.</summary>
    public void Tick(DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach (var pool in _pools.Values.ToArray())
            {
                if (pool.IsRetired && pool.IsEmpty)
                {
                    _pools.Remove(pool.Revision.Id);
                }
                else if (!pool.IsRetired)
                {
                    KeepMinimum(pool, now);
                    DrainIdle(pool, now);
                }
            }
        }
    }

    /// <summary>An activation succeeded.</summary>
    public void Started(RevisionPool pool, InstanceHandle instance)
    {
        lock (_lock)
        {
            pool.Starting--;
            pool.Succeeded();
            if (pool.IsRetired)
            {
                Lifecycle.Stop(instance.Id);
                return;
            }

            AddReady(pool, instance);
            pool.Load = pool.Load with { Waiting = Math.Max(0, pool.Load.Waiting - pool.Spec.Concurrency) };
            ScaleOut(pool);
        }
    }

    /// <summary>An activation failed.</summary>
    public void StartFailed(RevisionPool pool, InvocationError error, string detail)
    {
        lock (_lock)
        {
            pool.Starting--;
            pool.Load = default;
            pool.Failed(error, detail, time.GetUtcNow());
            Log.ActivationFailed(logger, pool.Revision.Id, detail);
            outbox.Post(LinkMessages.ActivationFailed(pool.Revision.Id, error, detail));
        }
    }

    /// <summary>Whether <paramref name="revision"/> is one whose instances are worth keeping.</summary>
    public bool IsServing(string revision)
    {
        lock (_lock)
        {
            return _pools.TryGetValue(revision, out var pool) && !pool.IsRetired;
        }
    }

    /// <summary>Reads the pool that serves <paramref name="function"/> under the lock; null when nothing does.</summary>
    public T? Read<T>(string function, Func<RevisionPool, T?> read)
        where T : class
    {
        lock (_lock)
        {
            return _serving.TryGetValue(function, out var pool) ? read(pool) : null;
        }
    }

    /// <summary>Reads every serving pool under the lock.</summary>
    public IReadOnlyList<T> ReadAll<T>(Func<RevisionPool, T> read)
    {
        lock (_lock)
        {
            return [.. _serving.Values.Select(read)];
        }
    }

    public bool IsGatewayConnected
    {
        get
        {
            lock (_lock)
            {
                return outbox.IsConnected;
            }
        }
    }

    private void AddReady(RevisionPool pool, InstanceHandle instance)
    {
        pool.Instances[instance.Id] = new PooledInstance(instance, time.GetUtcNow());
        outbox.Post(LinkMessages.InstanceReady(instance, pool.Spec.Concurrency));
    }

    private void ScaleOut(RevisionPool pool) => Start(pool, ScaleDecision.InstancesToStart(pool.Spec, pool.Load, pool.Ready, pool.Starting));

    private void KeepMinimum(RevisionPool pool, DateTimeOffset now)
    {
        if (!pool.IsRetired && now >= pool.NotBefore)
        {
            Start(pool, ScaleDecision.MissingToMinimum(pool.Spec, pool.Ready, pool.Starting));
        }
    }

    private void Start(RevisionPool pool, int count)
    {
        for (var i = 0; i < count; i++)
        {
            pool.Starting++;
            work.Run($"activation of {pool.Revision.Id}", ct => Lifecycle.ActivateAsync(this, pool, ct));
        }
    }

    private void DrainIdle(RevisionPool pool, DateTimeOffset now)
    {
        if (!outbox.IsConnected)
        {
            return;
        }

        var ready = pool.Ready;
        foreach (var instance in pool.Instances.Values.OrderBy(i => i.IdleSince))
        {
            if (instance.Draining is null && instance.InFlight == 0 && ScaleDecision.MayStop(pool.Spec, now - instance.IdleSince, ready))
            {
                Drain(instance, DrainReason.Idle);
                ready--;
            }
        }
    }

    private void Retire(RevisionPool pool)
    {
        pool.IsRetired = true;
        foreach (var instance in pool.Instances.Values)
        {
            Drain(instance, DrainReason.Retired);
        }
    }

    private void Drain(PooledInstance instance, DrainReason reason)
    {
        instance.Draining = reason;
        outbox.Post(LinkMessages.Drain(instance.Handle.Id, onlyIfIdle: reason == DrainReason.Idle));
    }

    private static void Take(RevisionPool pool, string instanceId) => pool.Instances.Remove(instanceId);

    private (RevisionPool Pool, PooledInstance Instance)? Find(string instanceId)
    {
        foreach (var pool in _pools.Values)
        {
            if (pool.Instances.TryGetValue(instanceId, out var instance))
            {
                return (pool, instance);
            }
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "Instance {InstanceId} of {Revision} ended: {Error}, {Detail}")]
        public static partial void Exited(ILogger logger, string instanceId, string revision, InvocationError error, string detail);

        [LoggerMessage(2102, LogLevel.Warning, "Instance {InstanceId} of {Revision} is killed: {Reason}")]
        public static partial void Discarded(ILogger logger, string instanceId, string revision, string reason);

        [LoggerMessage(2103, LogLevel.Warning, "No instance of {Revision} could be started: {Detail}")]
        public static partial void ActivationFailed(ILogger logger, string revision, string detail);
    }
}
