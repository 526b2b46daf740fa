using Faas.Contracts.Functions;

namespace Faas.Controller.Scaling;

/// <summary>Decides how many instances to thaw and to start for a waiting line. Pure: same arguments, same answer.</summary>
/// <remarks>
/// Three questions, in this order. Is one more worth it - or will the line have cleared by itself before it is there? How many carry what arrives and clear
/// the line soon? And does the machine have something to run them with? A line of CPU-bound invocations on busy cores gets slower with each instance more (context switches, cold caches),
/// so growth beyond one instance for each core needs a measurement, taken since the last growth, that says the cores are not all busy, and goes no further at
/// once than their idle time suggests. That is how 32 connections to a 1-ms function do not become 32 instances on two cores, while a function that mostly waits
/// for others gets as many as its line needs within a few rounds.
/// </remarks>
internal static class ScaleDecision
{
    /// <summary>What thawing takes in ms, the link both ways included: measured 0.5 to 1.</summary>
    public const double ThawMs = 1;

    /// <summary>
    /// What clears within this many ms is no reason to wake one more instance of a function whose runs are shorter than <see cref="QuickMs"/>: each that takes part has to be woken for its
    /// share, and 64 callers of one that takes 20 us had ten instances on two cores, of which one is enough.
    /// </summary>
    public const double SoonMs = 5;

    /// <summary>Running time in ms below which a function is quick: waking a process takes about as long at worst.</summary>
    public const double QuickMs = 0.5;

    /// <summary>Time in which a line is to be cleared: 0.25 s, about what an activation takes that finds no stem. What comes for less would come too late.</summary>
    public static readonly TimeSpan ClearWithin = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Time in which the events behind the line are to be run: 10 s. Nobody holds a connection open for them, and those of a quick function are often there only because storing, claiming
    /// and ending them takes longer than running them: cleared as if they were callers, 17,000 that take 0.1 ms each had eight instances thawed and frozen again and again, for which one was enough.
    /// </summary>
    public static readonly TimeSpan EventsWithin = TimeSpan.FromSeconds(10);

    /// <summary>Cores count as busy when less than this share of their time is idle. Below it, what is started only takes time from what runs.</summary>
    public const double IdleShareMin = 0.1;

    /// <summary>
    /// On busy cores a line whose head has waited this long gets one instance more, each time it has, where it cannot be known whether the function computes or
    /// waits for others. One that is known to wait is not held up by the cores and grows as on idle ones.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>From so many runnable threads for each core on, a long running time is one in which an invocation waited for its turn.</summary>
    public const double OverloadedFrom = 3;

    /// <summary>
    /// As <see cref="Patience"/>, on cores that are not just busy but overloaded. Whatever is started then makes everybody slower, and everybody who gets slower would start more:
    /// 50 functions called at once on two cores became 117 instances, and it took 25 s until the cores had time again.
    /// </summary>
    public static readonly TimeSpan PatienceWhenOverloaded = TimeSpan.FromSeconds(5);

    /// <summary>A head that has waited this long, and twice as long as the line should take, stands behind something unusually long.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>What to do for the line now.</summary>
    public static ScaleAnswer Decide(in ScaleQuestion question)
    {
        var load = question.Load;
        var pool = question.Pool;
        var slots = Math.Max(1, question.Concurrency);
        // What was announced crosses with the gateway's report on the link: slots that it does not know of yet are as good as coming.
        var announced = Math.Max(0, (pool.Awake * slots) - load.Slots);
        var uncovered = load.Waiting - (pool.Coming * slots) - announced;
        if (load.Waiting <= 0)
        {
            return ScaleAnswer.Nothing(ScaleReason.NobodyWaits);
        }

        if (uncovered <= 0)
        {
            return ScaleAnswer.Nothing(ScaleReason.Covered);
        }

        var lacking = DivideUp(uncovered, slots);
        if (load.RunMs > 0 && pool.Serving > 0)
        {
            // The line's work, shared by n instances, takes work x run / (n x slots). One more helps if that is longer than it takes to come.
            var leastMs = load.RunMs < QuickMs ? SoonMs : ThawMs;
            var comingMs = Math.Max(leastMs, pool.Frozen > 0 ? ThawMs : question.ActivationMs);
            var clearMs = load.Waiting * load.RunMs / (pool.Serving * slots);
            var eventsMs = load.Queued * load.RunMs / (pool.Serving * slots);
            // Where the head has waited longer than that takes with usual running times, what runs is not of the usual length. The average soon is of its length too.
            var usualMs = question.CleanRunMs > 0 ? Math.Min(question.CleanRunMs, load.RunMs) : load.RunMs;
            var isLate = load.Oldest >= LateAfter && load.Oldest.TotalMilliseconds >= 2 * clearMs * usualMs / load.RunMs;
            if (clearMs <= comingMs && eventsMs <= EventsWithin.TotalMilliseconds && !isLate)
            {
                return ScaleAnswer.Nothing(ScaleReason.ClearsByItself);
            }

            lacking = Math.Min(lacking, Math.Max(Needed(question) - pool.Serving, isLate ? 1 : 0));
            if (lacking <= 0)
            {
                return ScaleAnswer.Nothing(ScaleReason.EnoughForTheRate);
            }
        }
        else if (load.RunMs > 0 && UsualMs(question) < QuickMs)
        {
            lacking = Math.Min(lacking, NeededFromZero(question));
        }

        // What is frozen was found to be useful when it was started, and waking it costs next to nothing.
        var thaw = Math.Min(lacking, pool.Frozen);
        var room = question.MaxInstances - pool.All;
        if (lacking > thaw && room <= 0 && thaw == 0)
        {
            return ScaleAnswer.Nothing(ScaleReason.AtMaximum);
        }

        var (allowed, limit) = Growth(question);
        var start = Math.Max(0, Math.Min(Math.Min(lacking - thaw, allowed), room));
        return thaw + start == 0
            ? ScaleAnswer.Nothing(limit)
            : new ScaleAnswer(thaw, start, pool.Serving == 0 ? ScaleReason.FromZero : ScaleReason.LineIsLong);
    }

    /// <summary>
    /// Instances that carry what arrives (Little's law: rate x running time are running at the same time), clear the line within <see cref="ClearWithin"/> and the events behind it within <see cref="EventsWithin"/>. With the
    /// running time on cores that are not all busy: a contended one would call for instances that contend for the cores even more.
    /// </summary>
    public static int Needed(in ScaleQuestion question)
    {
        var seconds = UsualMs(question) / 1000;
        var running = (question.ArrivalsPerSecond * seconds) + (question.Load.Waiting * seconds / ClearWithin.TotalSeconds) + (question.Load.Queued * seconds / EventsWithin.TotalSeconds);
        return (int)Math.Ceiling(Math.Min(running / Math.Max(1, question.Concurrency), int.MaxValue / 2));
    }

    /// <summary>Instances of a quick function that clear the line <see cref="SoonMs"/> after they are there: where nothing runs, what is known of the rate is of before.</summary>
    private static int NeededFromZero(in ScaleQuestion question)
    {
        var workMs = question.Load.Waiting * UsualMs(question) / Math.Max(1, question.Concurrency);
        return (int)Math.Clamp(Math.Ceiling(workMs / SoonMs), 1, int.MaxValue / 2);
    }

    /// <summary>Running time on cores that are not all busy, as far as it is known.</summary>
    private static double UsualMs(in ScaleQuestion question) => question.CleanRunMs > 0 ? question.CleanRunMs : question.Load.RunMs;

    /// <summary>Instances that must exist at least.</summary>
    /// <param name="spec">The function.</param>
    /// <param name="scheduled">Instances that a warm window asks for now.</param>
    /// <param name="isActive">Whether the function is in use.</param>
    public static int Minimum(FunctionSpec spec, int scheduled, bool isActive) =>
        Math.Min(spec.MaxInstances, Math.Max(Math.Max(spec.MinInstances, scheduled), isActive ? spec.MinActive : 0));

    /// <summary>How many more the machine can make use of, and why no more than that.</summary>
    private static (int Count, ScaleReason Limit) Growth(in ScaleQuestion question)
    {
        var serving = question.Pool.Serving;
        var cores = Math.Max(1, question.Machine.Cores);
        if (serving == 0)
        {
            return (cores, ScaleReason.AwaitsMeasurement);   // also on busy cores: no function is left without any instance
        }

        if ((question.Machine.IdleShare ?? question.Machine.IdleLately) < IdleShareMin)
        {
            var isOverloaded = question.Machine.Runnable >= OverloadedFrom * cores;
            if (isOverloaded || question.IsComputing != false)
            {
                var patience = isOverloaded ? PatienceWhenOverloaded : Patience;
                var isStuck = question.IsComputing != true && question.Load.Oldest >= patience && question.SinceGrowth >= patience;
                return (isStuck ? 1 : 0, ScaleReason.CoresBusy);
            }
        }

        if (serving < cores)
        {
            return (cores - serving, ScaleReason.AwaitsMeasurement);
        }

        if (question.Machine.IdleShare is not { } idle)
        {
            return (0, ScaleReason.AwaitsMeasurement);
        }

        // What is awake takes the rest of the cores' time at most; in what is idle so many more of the same find room. One for each core can be tried in any case.
        var fit = (int)(question.Pool.Awake * idle / Math.Max(1 - idle, IdleShareMin));
        return (Math.Max(cores, fit) - question.Pool.Coming, ScaleReason.AwaitsMeasurement);
    }

    private static int DivideUp(int amount, int size) => (amount + size - 1) / size;
}
