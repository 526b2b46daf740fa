using Faas.Instances;

namespace Faas.Controller.Scaling;

/// <summary>A ready instance as the fleet sees it. Guarded by the fleet's lock.</summary>
internal sealed class PooledInstance(InstanceHandle handle, DateTimeOffset readyAt)
{
    public InstanceHandle Handle { get; } = handle;

    /// <summary>Invocations on it, as last reported.</summary>
    public int InFlight { get; set; }

    /// <summary>Since when it has been idle, as last reported; the time it became ready when it was never used.</summary>
    public DateTimeOffset IdleSince { get; set; } = readyAt;

    /// <summary>Why it is being drained; null while it takes invocations.</summary>
    public DrainReason? Draining { get; set; }
}

/// <summary>Why an instance is drained.</summary>
internal enum DrainReason
{
    /// <summary>Its keep-alive is over. The gateway may refuse when it is busy again.</summary>
    Idle,

    /// <summary>Its revision does not serve any more.</summary>
    Retired,
}
