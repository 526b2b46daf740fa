namespace Faas.Gateway.Activation;

/// <summary>What a gate has seen of its callers: arrivals, running times, and when the controller was last asked for capacity. Belongs to the lock of its gate.</summary>
internal sealed class Demand(TimeProvider clock)
{
    /// <summary>
    /// Shortest time between two wishes of a line that does not grow. A saturated instance would otherwise cost the controller a message for each request;
    /// an activation takes about this long, so nothing is decided later.
    /// </summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The same for what waits at instances of a function that is packed, or has all the instances that it may have. A message costs gateway and controller about half a millisecond of CPU each, so a hundred of them a second would be a twentieth
    /// of what a packed function's requests cost; and its line is cleared long before.
    /// </summary>
    private static readonly TimeSpan SlowAskInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>What waits at an instance waits for this long at most, if all goes as usual: in ms.</summary>
    private const double AheadMs = 1;

    /// <summary>A function is quick when it usually runs for less than this, in ms: about what two wake-ups of processes cost at worst, which sending ahead saves.</summary>
    private const double QuickMs = 0.5;

    /// <summary>A function that usually runs for less than this, in ms, is over before another process has woken: where one instance runs, the next request is better off behind it.</summary>
    private const double PackedQuickMs = 0.1;

    /// <summary>What is packed waits for this long at most, if all goes as usual: in ms. Beyond it an instance that is free is used.</summary>
    private const double PackedMs = 0.5;

    /// <summary>What takes longer than this in ms by the worker's clock counts as this: it is not quick, and how much it is not says little where the worker may have lost its core.</summary>
    private const double LostCoreMs = 4 * QuickMs;

    /// <summary>Bounds of <see cref="HeldUpAfter"/> in ms. The lower one is far above what a machine with some load makes of a millisecond.</summary>
    private const double HeldUpAfterMin = 5;

    private const double HeldUpAfterMax = 50;

    /// <summary>Running times that must be known before anything is sent ahead.</summary>
    private const int AheadFrom = 32;

    /// <summary>At one instance. More in one write would save next to nothing.</summary>
    private const int AheadCountMax = 64;

    /// <summary>What runs longer than this in ms is no scheduler's whim, even on an overloaded machine: nothing is sent ahead for <see cref="SlowPause"/>.</summary>
    private const double SlowMs = 50;

    /// <summary>
    /// The average running time is one over this many ms of running, or over ten runs where they take longer. Ten runs of a function that takes 20 us are over in 0.2 ms: one of them that
    /// waited 5 ms for a core made the average 25 times as long, and at that moment the controller was told, because the next request came only then.
    /// </summary>
    private const double AveragedMs = 10;

    /// <summary>The weight of a run in the average where runs are very short.</summary>
    private const double WeightMin = 0.002;

    private static readonly TimeSpan SlowPause = TimeSpan.FromSeconds(1);

    private double _quickMs;
    private double _wakeMs;
    private long _slowAt;
    private long _askedAt;
    private int _askedLength;

    /// <summary>Requests that came, however they ended.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Invocations that gave their slot back.</summary>
    public long Completed { get; private set; }

    /// <summary>
    /// Average running time in ms: the mean of the first ten, because the very first is an outlier, then a moving one to which each new one counts a tenth - or less where ten of
    /// them are less than <see cref="AveragedMs"/>; 0 when unknown.
    /// </summary>
    public double RunMs { get; private set; }

    /// <summary>
    /// How many requests may be sent to an instance that runs one at a time, behind that one. Only where all slots are in use, and only for functions that are quick: the next one is there
    /// when the last one ends, and two wake-ups are saved. Late binding is given up for <see cref="AheadMs"/>; when the instance is held up the requests are taken back.
    /// </summary>
    public int AheadMax => Completed < AheadFrom || _quickMs > QuickMs || (_slowAt != 0 && clock.GetElapsedTime(_slowAt) < SlowPause)
        ? 0
        : (int)Math.Min(AheadCountMax, AheadMs / _quickMs);

    /// <summary>
    /// How many go behind what runs on the first instances even where another one is free. It need not be woken then, and where that lasts it goes idle and is frozen.
    /// </summary>
    public int PackedMax => _quickMs > PackedQuickMs ? 0 : Math.Min(AheadMax, (int)Math.Min(AheadCountMax, PackedMs / _quickMs));

    /// <summary>
    /// How long what was sent ahead waits at an instance where nothing ends before it is taken back. Several times what an instance usually takes to get a core, because on a machine with more to
    /// do than it can taking back helps nobody and costs two more wake-ups; where there are cores, <see cref="HeldUpAfterMin"/>.
    /// </summary>
    public TimeSpan HeldUpAfter => TimeSpan.FromMilliseconds(Math.Clamp(4 * _wakeMs, HeldUpAfterMin, HeldUpAfterMax));

    /// <summary>When there was last nobody in the line and nothing running.</summary>
    public long QuietSince { get; private set; } = clock.GetTimestamp();

    /// <summary>A request came.</summary>
    public void Arrived() => Arrivals++;

    /// <summary>
    /// An invocation ended after running for <paramref name="runMs"/>, of which <paramref name="workerMs"/> by the worker's own clock. The rest is the instance's wake-up and its wait for a core, which
    /// sending ahead saves: going by it would keep a quick function on a busy machine from ever being found quick. So would going by those within which the worker lost its core, of which there is about
    /// one for each few wake-ups there; so shorter ones count ten times as much.
    /// </summary>
    public void Ended(double runMs, bool wasAhead = false, double? workerMs = null)
    {
        var took = workerMs ?? runMs;
        var sample = workerMs is { } known ? Math.Min(known, LostCoreMs) : runMs;
        var weight = sample < _quickMs || (wasAhead && workerMs is null) ? 0.1 : 0.01;
        Completed++;
        RunMs += (runMs - RunMs) * Math.Max(Math.Clamp(RunMs / AveragedMs, WeightMin, 0.1), 1.0 / Completed);
        _quickMs += (sample - _quickMs) * Math.Max(weight, 1.0 / Completed);
        if (workerMs is not null)
        {
            _wakeMs += (Math.Max(0, runMs - took) - _wakeMs) * 0.05;
        }

        if (took > SlowMs)
        {
            _slowAt = clock.GetTimestamp();
        }
    }

    /// <summary>Nobody waits and nothing runs any more.</summary>
    public void Quiet() => QuietSince = clock.GetTimestamp();

    /// <summary>
    /// Whether to ask the controller now that <paramref name="waiting"/> wait. Where nothing can serve them: as soon as a line begins. Where <paramref name="slots"/> are open: every
    /// <see cref="AskInterval"/> or when the line has doubled since - a line of one begins and ends with every few requests of a busy instance. Where all <paramref name="slotsMax"/> are,
    /// there is little that the controller can do: every <see cref="SlowAskInterval"/>.
    /// </summary>
    public bool ShouldAsk(int waiting, int slots, int slotsMax)
    {
        var now = clock.GetTimestamp();
        var isAtMax = slots >= slotsMax;
        var hasGrown = slots == 0 ? waiting <= 1 || waiting >= 2 * _askedLength : !isAtMax && waiting > 1 && waiting >= 2 * _askedLength;
        return (hasGrown || HasPaused(now, isAtMax)) && Ask(now, waiting);
    }

    /// <summary>Whether to ask now that somebody has gone ahead, who is served in a moment in any case: a line of that kind begins thousands of times a second.</summary>
    public bool ShouldAskAhead(int waiting)
    {
        var now = clock.GetTimestamp();
        return HasPaused(now, isAtMax: false) && Ask(now, waiting);
    }

    private bool HasPaused(long now, bool isAtMax) => clock.GetElapsedTime(_askedAt, now) >= (isAtMax || PackedMax > 0 ? SlowAskInterval : AskInterval);

    private bool Ask(long now, int waiting)
    {
        _askedAt = now;
        _askedLength = waiting;
        return true;
    }
}
