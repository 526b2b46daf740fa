namespace Faas.Controller.Scaling;

/// <summary>The slow half of the fleet: starts, freezes and stops instances. Every call returns at once; how it went is told to <see cref="ILifecycleEvents"/>.</summary>
internal interface IInstanceLifecycle
{
    /// <summary>Whether instances can be frozen here.</summary>
    bool CanFreeze { get; }

    /// <summary>Starts an instance. Ends in <see cref="ILifecycleEvents.Started"/> or <see cref="ILifecycleEvents.StartFailed"/>.</summary>
    void Activate(RevisionPool pool, StartKind kind);

    /// <summary>Callers wait, and the cores have no time to spare: what is done ahead of its use had better be done later.</summary>
    void Yield();

    /// <summary>Whether there is a stem for its next instance.</summary>
    bool HasStem(RevisionPool pool);

    /// <summary>Asks an instance that runs nothing to end, and sees to it. Ends in <see cref="ILifecycleEvents.Stopped"/>.</summary>
    void Stop(RevisionPool pool, string instanceId);

    /// <summary>Kills an instance. Ends in <see cref="ILifecycleEvents.Stopped"/>.</summary>
    void Kill(RevisionPool pool, string instanceId);

    /// <summary>Freezes an instance that gets no invocation. Ends in <see cref="ILifecycleEvents.Froze"/>.</summary>
    void Freeze(string instanceId);

    /// <summary>Thaws an instance. Ends in <see cref="ILifecycleEvents.Thawed"/>.</summary>
    void Thaw(string instanceId);

    /// <summary>CPU time that an instance has used; null when it cannot be known.</summary>
    TimeSpan? CpuOf(string instanceId);
}
