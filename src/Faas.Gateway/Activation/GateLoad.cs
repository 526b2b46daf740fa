namespace Faas.Gateway.Activation;

/// <summary>A gate's numbers at one moment.</summary>
/// <param name="Waiting">Requests in the line.</param>
/// <param name="InUse">Slots in use.</param>
/// <param name="Slots">Slots of the instances that take invocations.</param>
/// <param name="Instances">Instances, whatever their state.</param>
/// <param name="RunMs">Moving average of running time in ms; 0 when unknown.</param>
/// <param name="Arrivals">Requests that came so far.</param>
/// <param name="Completed">Invocations that ran so far.</param>
/// <param name="Oldest">How long the head of the line has waited; zero when nobody waits.</param>
/// <param name="Quiet">How long nobody has waited and nothing has run; zero while anything does.</param>
internal readonly record struct GateLoad(
    int Waiting, int InUse, int Slots, int Instances, double RunMs, long Arrivals, long Completed, TimeSpan Oldest, TimeSpan Quiet)
{
    /// <summary>Requests that have ever waited, those included that came from an earlier revision's line; so that a report can tell whether anything happened.</summary>
    public long Joined { get; init; }

    /// <summary>Whether somebody waits though all the instances that there may be take invocations.</summary>
    public bool IsAtMax { get; init; }

    /// <summary>Of those that wait: at an instance, which will run them in a moment.</summary>
    public int Ahead { get; init; }
}

/// <summary>An instance's numbers at one moment: slots in use, slots taken so far, how long it has been idle, and its state.</summary>
internal readonly record struct InstanceUse(int InUse, long Taken, TimeSpan Idle, InstanceState State);
