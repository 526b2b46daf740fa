namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>
/// When a function has an instance while nobody calls it, by the time since its last activity ended (idle time):
/// [0, <see cref="Keep"/>) kept; [<see cref="Keep"/>, <see cref="Prewarm"/>) stopped; [<see cref="Prewarm"/>, <see cref="Until"/>) there again, started at
/// <see cref="Prewarm"/> although nobody has called yet; stopped from <see cref="Until"/> on. Without pre-warming all three are equal. A call at any
/// time ends the plan, and the end of its activity begins the next.
/// </summary>
/// <param name="Keep">How long the instance outlives the activity; zero to stop it at once. The fleet may let it settle a little longer.</param>
/// <param name="Prewarm">When it is started again; at least <paramref name="Keep"/>.</param>
/// <param name="Until">When it is stopped for good; at least <paramref name="Prewarm"/>.</param>
/// <param name="Basis">Why, for users.</param>
internal sealed record KeepAlivePlan(TimeSpan Keep, TimeSpan Prewarm, TimeSpan Until, KeepAliveBasis Basis)
{
    /// <summary>Whether the instance is started again before anybody calls.</summary>
    public bool Prewarms => Prewarm > Keep && Until > Prewarm;

    /// <summary>A plan that keeps for <paramref name="keep"/> and starts nothing again.</summary>
    public static KeepAlivePlan KeepFor(TimeSpan keep, KeepAliveBasis basis) => new(keep, keep, keep, basis);

    /// <summary>Whether there is to be an instance after <paramref name="idle"/> without a call.</summary>
    public bool WantsInstance(TimeSpan idle) => idle < Keep || (idle >= Prewarm && idle < Until);

    /// <summary>The idle time after <paramref name="idle"/> at which <see cref="WantsInstance"/> changes next; null when it never does again.</summary>
    public TimeSpan? NextChange(TimeSpan idle) =>
        idle < Keep ? (Prewarms || Until == Keep ? Keep : Until)
        : Prewarms && idle < Prewarm ? Prewarm
        : idle < Until ? Until
        : null;

    /// <summary>One sentence, as `faas describe` prints it.</summary>
    public override string ToString() => KeepAliveText.Of(this);
}

/// <summary>What a plan rests on.</summary>
internal enum KeepAliveReason
{
    /// <summary>A fixed time: the user's, or the platform's.</summary>
    Fixed,

    /// <summary>Fixed for now: too few idle times are known.</summary>
    Learning,

    /// <summary>Fixed: too many idle times are longer than <see cref="IdleHistory.Bound"/>.</summary>
    OutOfBounds,

    /// <summary>Fixed: the idle times say nothing about the next one.</summary>
    NotRepresentative,

    /// <summary>The window follows the idle times.</summary>
    Histogram,
}

/// <summary>The numbers behind a plan. <paramref name="HeadTime"/> and <paramref name="TailTime"/> are the idle times at the percentiles <paramref name="Head"/> and <paramref name="Tail"/> (0 to 1).</summary>
internal sealed record KeepAliveBasis(KeepAliveReason Reason, int Samples = 0, int OutOfBounds = 0, double Head = 0, double Tail = 0, TimeSpan HeadTime = default, TimeSpan TailTime = default)
{
    /// <summary>A time that somebody wrote down.</summary>
    public static readonly KeepAliveBasis Fixed = new(KeepAliveReason.Fixed);
}
