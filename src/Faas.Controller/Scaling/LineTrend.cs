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

    /// <summary>Requests that arrive each second: half the last 40 ms or more, a quarter those before, and so on; 0 when unknown.</summary>
    public double ArrivalsPerSecond { get; private set; }

    /// <summary>Running time in ms while the cores were not all busy; 0 when unknown.</summary>
    public double CleanRunMs { get; private set; }

    /// <summary>Takes note of a report.</summary>
    public void Arrived(long arrivals, DateTimeOffset now)
    {
        var length = now - _at;
        if (length <= StaleAfter && length >= TimeSpan.Zero && arrivals < _arrivals)
        {
            return;   // two reports that crossed; if the gateway counts anew, that is seen a second later
        }

        if (length > StaleAfter || length < TimeSpan.Zero)
        {
            ArrivalsPerSecond = 0;
        }
        else if (length < LengthMin)
        {
            return;
        }
        else
        {
            var rate = (arrivals - _arrivals) / length.TotalSeconds;
            ArrivalsPerSecond = ArrivalsPerSecond == 0 ? rate : (ArrivalsPerSecond + rate) / 2;
        }

        (_at, _arrivals) = (now, arrivals);
    }

    /// <summary>Takes note of the running time. On busy cores only if it is shorter than any before: the cores did not make it so.</summary>
    public void Ran(double runMs, bool coresAreBusy)
    {
        if (runMs > 0 && (!coresAreBusy || CleanRunMs == 0 || runMs < CleanRunMs))
        {
            CleanRunMs = runMs;
        }
    }
}
