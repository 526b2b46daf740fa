namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>
/// The numbers of <see cref="HybridHistogram"/>. Where the default is not the paper's (5th percentile, 4 h fallback, variation 2) the reason stands beside it.
/// </summary>
internal sealed record HybridHistogramOptions
{
    /// <summary>
    /// Share of idle times that may be shorter than the window: 1 %. The paper's 5 % makes every twentieth call cold by design; both
    /// ends at 1 % promise the same to the early caller as to the late one.
    /// </summary>
    public double Head { get; init; } = 0.01;

    /// <summary>Share of idle times that the window covers up to: 99 %, the paper's.</summary>
    public double Tail { get; init; } = 0.99;

    /// <summary>
    /// How much earlier than <see cref="Head"/> the instance is started, as a share of it: 5 %. Half the paper's, which has to bridge bins of a minute where we know
    /// milliseconds; every single idle time pays for it, that of an exact timer too.
    /// </summary>
    public double EarlyMargin { get; init; } = 0.05;

    /// <summary>
    /// How much longer than <see cref="Tail"/> it is kept, as a share of it: 20 %. Twice the paper's, because only the idle times that outlast
    /// nearly all before them pay for it, while each of them is a cold start.
    /// </summary>
    public double LateMargin { get; init; } = 0.20;

    /// <summary>
    /// Further late margin divided by the number of samples: 1. The next value exceeds the largest of n with a probability of 1/(n + 1), so few samples
    /// deserve a wide margin; at 20 samples it is 5 %.
    /// </summary>
    public double LearningMargin { get; init; } = 1;

    /// <summary>
    /// Samples from which the window replaces the fallback: 2, for one is no spread. With fewer, the instance is kept for the fallback
    /// and started again around the idle times known, if those are longer: a timer is caught at its second period.
    /// </summary>
    public int SamplesMin { get; init; } = 2;

    /// <summary>Whether fewer samples than <see cref="SamplesMin"/> already make a window after the fallback.</summary>
    public bool WindowWhileLearning { get; init; } = true;

    /// <summary>Fixed keep-alive while the idle times say little: 10 min, what platforms with a fixed one use. The paper's 4 h suit a provider's memory.</summary>
    public TimeSpan Fallback { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Longest time that an instance waits for one call: 1 h. A wider window only says that the call may come at any time, and
    /// then each further minute costs the same and catches less.
    /// </summary>
    public TimeSpan WindowMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of idle times out of bounds above which the fallback is used: half, for then the next one is more likely out of bounds than not.</summary>
    public double OutOfBoundsMax { get; init; } = 0.5;

    /// <summary>
    /// Least coefficient of variation of the counts in bins of a minute, the paper's test of representativeness; it uses 2. 0, none: it calls
    /// a function with calls at any time not representative and keeps it for the fallback, although the window then keeps it as long as it takes.
    /// </summary>
    public double VariationMin { get; init; }

    /// <summary>
    /// A shorter pre-warm window is none: 10 s. An activation waits for nobody here, but uses up a stem, and making the next one costs about 0.2 s of
    /// a core: at 10 s that is 2 % of a core, for a function that idles in tens of MiB.
    /// </summary>
    public TimeSpan PrewarmMin { get; init; } = TimeSpan.FromSeconds(10);
}
