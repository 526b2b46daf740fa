namespace Faas.Controller.Scaling;

/// <summary>What a revision's load has been over the last reports: how many requests arrive, and how long they run when nothing holds them up. Passive; the fleet's lock guards it.</summary>
internal sealed class LineTrend
{
    /// <summary>Shortest time to count arrivals over; reports come each 10 to 50 ms while somebody waits.</summary>
    private static readonly TimeSpan LengthMin = TimeSpan.FromMilliseconds(40);

    /// <summary>After a pause this long the rate begins anew.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(1);

    private DateTimeOffset _at;
    private long _arrivals;
    private long _completed;

    /// <summary>Requests that arrive each second: half the last 40 ms or more, a quarter those before, and so on; 0 when unknown.</summary>
    public double ArrivalsPerSecond { get; private set; }

    /// <summary>Invocations that end each second, averaged in the same way; 0 when unknown.</summary>
    public double EndsPerSecond { get; private set; }

    /// <summary>Running time in ms while the cores were not all busy; 0 when unknown.</summary>
    public double CleanRunMs { get; private set; }

    /// <summary>Takes note of a report.</summary>
    public void Counted(long arrivals, long completed, DateTimeOffset now)
    {
        var length = now - _at;
        if (length <= StaleAfter && length >= TimeSpan.Zero && arrivals < _arrivals)
        {
            return;   // two reports that crossed; if the gateway counts anew, that is seen a second later
        }

        if (length > StaleAfter || length < TimeSpan.Zero)
        {
            ArrivalsPerSecond = 0;
            EndsPerSecond = 0;
        }
        else if (length < LengthMin)
        {
            return;
        }
        else
        {
            ArrivalsPerSecond = Average(ArrivalsPerSecond, (arrivals - _arrivals) / length.TotalSeconds);
            EndsPerSecond = Average(EndsPerSecond, Math.Max(0, completed - _completed) / length.TotalSeconds);
        }

        (_at, _arrivals, _completed) = (now, arrivals, completed);
    }

    /// <summary>
    /// A running time as it can be at most: <paramref name="slots"/> that end so many each second have no more time for one. What the gateway measures includes its own delay in
    /// noticing the end, and may be of a moment at which somebody else had the cores. Only where that makes it a quick function's: with longer runs such delays are of no weight,
    /// and a line that they make a little longer is one for which a second core is worth it.
    /// </summary>
    public double AtMost(double runMs, int slots) =>
        EndsPerSecond > 0 && slots > 0 && 1000 * slots / EndsPerSecond is var had and < ScaleDecision.QuickMs ? Math.Min(runMs, had) : runMs;

    private static double Average(double earlier, double latest) => earlier == 0 ? latest : (earlier + latest) / 2;

    /// <summary>Takes note of the running time. On busy cores only if it is shorter than any before: the cores did not make it so.</summary>
    public void Ran(double runMs, bool coresAreBusy)
    {
        if (runMs > 0 && (!coresAreBusy || CleanRunMs == 0 || runMs < CleanRunMs))
        {
            CleanRunMs = runMs;
        }
    }
}
