using Faas.Contracts.Invocations;
using Faas.Instances;

namespace Faas.Controller.Scaling;

/// <summary>What came of what an <see cref="IInstanceLifecycle"/> was asked for. Called from any thread, without the fleet's lock.</summary>
internal interface ILifecycleEvents
{
    /// <summary>An activation succeeded.</summary>
    void Started(RevisionPool pool, InstanceHandle instance, ActivationTime time, StartKind kind);

    /// <summary>An activation failed.</summary>
    void StartFailed(RevisionPool pool, InvocationError error, string detail);

    /// <summary>An instance is gone, and its memory free.</summary>
    void Stopped(RevisionPool pool, string instanceId);

    /// <summary>An instance is frozen, or could not be.</summary>
    void Froze(string instanceId, bool isFrozen);

    /// <summary>An instance is awake, or could not be woken.</summary>
    void Thawed(string instanceId, bool isAwake);
}
