using Faas.Controller.Metering.Idle;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>An instance as the fleet sees it. Guarded by the fleet's lock.</summary>
internal sealed class PooledInstance(InstanceHandle handle, DateTimeOffset readyAt)
{
    public InstanceHandle Handle { get; } = handle;

    public DateTimeOffset ReadyAt { get; } = readyAt;

    /// <summary>Invocations on it, as last reported.</summary>
    public int InFlight { get; set; }

    /// <summary>Since when it has been idle, as last reported; the time it became ready when it was never used.</summary>
    public DateTimeOffset IdleSince { get; set; } = readyAt;

    /// <summary>The clock of <see cref="KeepAlive.GreedyDual"/> when it was last used.</summary>
    public double ClockAtUse { get; set; }

    /// <summary>Started ahead of an expected invocation, and not used yet.</summary>
    public bool IsPrewarmed { get; set; }

    /// <summary>Whether it is frozen, or on its way there or back.</summary>
    public FreezeState Freeze
    {
        get;
        set
        {
            field = value;
            Memory?.Become(value == FreezeState.Frozen ? MemoryState.Frozen : MemoryState.Awake);
        }
    }

    /// <summary>Meters its memory; null before it is in the table.</summary>
    public MemoryHold? Memory { get; set; }

    /// <summary>Why it is being drained; null while it takes invocations.</summary>
    public DrainReason? Draining { get; set; }

    /// <summary>Whether nothing is going on with it: it takes invocations, and nobody has asked it not to.</summary>
    public bool IsAtRest => Draining is null && Freeze == FreezeState.Awake;

    /// <summary>The word users see.</summary>
    public string State => Draining is not null ? "draining" : Freeze switch
    {
        FreezeState.Frozen => "frozen",
        FreezeState.Thawing => "thawing",
        _ => InFlight > 0 ? "busy" : "ready",
    };
}

/// <summary>How far an instance is on its way into the freezer and out of it.</summary>
internal enum FreezeState
{
    /// <summary>It takes invocations.</summary>
    Awake,

    /// <summary>The gateway was asked to give it none.</summary>
    Asked,

    /// <summary>The gateway gives it none; it is being frozen.</summary>
    Freezing,

    /// <summary>It is frozen.</summary>
    Frozen,

    /// <summary>It is being thawed; then the gateway is told.</summary>
    Thawing,
}

/// <summary>Why an instance is drained.</summary>
internal enum DrainReason
{
    /// <summary>Its keep-alive is over. The gateway may refuse when it is busy again.</summary>
    Idle,

    /// <summary>Another function needs its memory, and it is idle. The gateway may refuse when it is busy again.</summary>
    Evicted,

    /// <summary>Another function needs its memory more. What runs on it ends in peace.</summary>
    Reclaimed,

    /// <summary>Its revision does not serve any more.</summary>
    Retired,
}
