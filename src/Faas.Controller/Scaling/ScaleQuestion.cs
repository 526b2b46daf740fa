namespace Faas.Controller.Scaling;

/// <summary>What the gateway last saw of a revision's callers.</summary>
/// <param name="Waiting">Requests in the line.</param>
/// <param name="InFlight">Slots in use.</param>
/// <param name="Slots">Slots of instances that take invocations, as far as the gateway knows.</param>
/// <param name="RunMs">Moving average of running time in ms; 0 when unknown.</param>
/// <param name="Oldest">How long the head of the line has waited.</param>
internal readonly record struct LineLoad(int Waiting, int InFlight, int Slots, double RunMs, TimeSpan Oldest)
{
    /// <summary>Of those that wait: at an instance, which will run them in a moment.</summary>
    public int Ahead { get; init; }

    /// <summary>Events behind the line: they come into it when others of them have ended, so that they never make it longer, only last.</summary>
    public long Queued { get; init; }

    /// <summary>Whether somebody waits for a slot who has no instance yet.</summary>
    public bool HasLine => Waiting > Ahead;
}

/// <summary>A revision's instances, counted.</summary>
/// <param name="Awake">Those that take invocations, or would if they were not about to be frozen.</param>
/// <param name="Frozen">Those that must be thawed first.</param>
/// <param name="Coming">Activations and thaws under way.</param>
internal readonly record struct PoolCount(int Awake, int Frozen, int Coming)
{
    /// <summary>Those that serve the line now or will without a further decision.</summary>
    public int Serving => Awake + Coming;

    /// <summary>Those that are being drained and may still run something, or stay after all; without those of an earlier time of the revision.</summary>
    public int Leaving { get; init; }

    /// <summary>All that count towards maxInstances.</summary>
    public int All => Serving + Frozen + Leaving;
}

/// <summary>What the machine has to run instances with.</summary>
/// <param name="Cores">Its cores.</param>
/// <param name="IdleShare">Share of their time that was idle since the revision last grew, 0 to 1; null when too little time has passed to tell.</param>
internal readonly record struct MachineLoad(int Cores, double? IdleShare)
{
    /// <summary>Share of their time that was idle lately, whatever the revision did; null when it is not known.</summary>
    public double? IdleLately { get; init; }

    /// <summary>Threads that ran or waited for a core lately, on average.</summary>
    public double Runnable { get; init; }
}

/// <summary>Everything a <see cref="ScaleDecision"/> depends on.</summary>
internal readonly record struct ScaleQuestion
{
    public required LineLoad Load { get; init; }

    public required PoolCount Pool { get; init; }

    public required MachineLoad Machine { get; init; }

    /// <summary>Requests that arrive each second; 0 when that is not known yet.</summary>
    public double ArrivalsPerSecond { get; init; }

    /// <summary>Running time in ms while the cores were not all busy; 0 when it is not known.</summary>
    public double CleanRunMs { get; init; }

    /// <summary>Slots of an instance.</summary>
    public required int Concurrency { get; init; }

    public required int MaxInstances { get; init; }

    /// <summary>What an activation takes, as measured, in ms.</summary>
    public required double ActivationMs { get; init; }

    /// <summary>Time since an instance of the revision was last started or thawed.</summary>
    public TimeSpan SinceGrowth { get; init; }

    /// <summary>Whether its invocations spend their time computing; null when that is not known.</summary>
    public bool? IsComputing { get; init; }
}

/// <summary>How many instances to thaw and to start now, and why not more or none.</summary>
internal readonly record struct ScaleAnswer(int Thaw, int Start, ScaleReason Reason)
{
    public static ScaleAnswer Nothing(ScaleReason reason) => new(0, 0, reason);
}

/// <summary>Why the scaler did what it did.</summary>
internal enum ScaleReason
{
    /// <summary>There is no line.</summary>
    NobodyWaits,

    /// <summary>Instances that are coming already have slots for everybody who waits.</summary>
    Covered,

    /// <summary>The line will be gone before another instance would be there.</summary>
    ClearsByItself,

    /// <summary>What there is carries what arrives and clears the line soon, once the cores let it.</summary>
    EnoughForTheRate,

    /// <summary>The function has as many instances as it may have.</summary>
    AtMaximum,

    /// <summary>All cores are busy; another instance would only take time from those that run.</summary>
    CoresBusy,

    /// <summary>Whether another instance can make use of the cores is being measured.</summary>
    AwaitsMeasurement,

    /// <summary>Nothing ran.</summary>
    FromZero,

    /// <summary>The line takes longer than an instance needs to come.</summary>
    LineIsLong,
}
