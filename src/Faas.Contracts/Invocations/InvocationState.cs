namespace Faas.Contracts.Invocations;

/// <summary>Where an asynchronous invocation stands.</summary>
public enum InvocationState
{
    /// <summary>It waits: for its time, for a slot, or for its next attempt.</summary>
    Queued = 0,

    /// <summary>An attempt runs.</summary>
    Running = 1,

    /// <summary>The function answered with a status below 400, or took the event.</summary>
    Succeeded = 2,

    /// <summary>It failed, and its caller, who waited for it, was told so.</summary>
    Failed = 3,

    /// <summary>It failed for good and is kept until it is redriven or purged.</summary>
    DeadLettered = 4,

    /// <summary>It was cancelled.</summary>
    Cancelled = 5,
}

/// <summary>What the states mean.</summary>
public static class InvocationStates
{
    /// <summary>Whether nothing of it will run any more, unless it is redriven.</summary>
    public static bool HasEnded(this InvocationState state) => state > InvocationState.Running;
}
