namespace Faas.Gateway.Activation;

/// <summary>What a gate has seen of its callers: arrivals, running times, and when the controller was last asked for capacity. Belongs to the lock of its gate.</summary>
internal sealed class Demand(TimeProvider clock)
{
    /// <summary>
    /// Shortest time between two wishes of a line that does not grow. A saturated instance would otherwise cost the controller a message for each request;
    /// an activation takes about this long, so nothing is decided later.
    /// </summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(10);

    private long _askedAt;
    private int _askedLength;

    /// <summary>Requests that came, however they ended.</summary>
    public long Arrivals { get; private set; }

    /// <summary>Invocations that gave their slot back.</summary>
    public long Completed { get; private set; }

    /// <summary>
    /// Average running time in ms: the mean of the first ten, because the very first is an outlier, then a moving one to which each new one counts a tenth; 0 when unknown.
    /// </summary>
    public double RunMs { get; private set; }

    /// <summary>When there was last nobody in the line and nothing running.</summary>
    public long QuietSince { get; private set; } = clock.GetTimestamp();

    /// <summary>A request came.</summary>
    public void Arrived() => Arrivals++;

    /// <summary>An invocation ended after <paramref name="runMs"/>; 0 when it never ran.</summary>
    public void Ended(double runMs)
    {
        if (runMs > 0)
        {
            Completed++;
            RunMs += (runMs - RunMs) * Math.Max(0.1, 1.0 / Completed);
        }
    }

    /// <summary>Nobody waits and nothing runs any more.</summary>
    public void Quiet() => QuietSince = clock.GetTimestamp();

    /// <summary>
    /// Whether to ask the controller now that <paramref name="waiting"/> wait: when a line begins, when it has doubled since the last time, and else
    /// every <see cref="AskInterval"/>.
    /// </summary>
    public bool ShouldAsk(int waiting)
    {
        var now = clock.GetTimestamp();
        if (waiting > 1 && waiting < 2 * _askedLength && clock.GetElapsedTime(_askedAt, now) < AskInterval)
        {
            return false;
        }

        _askedAt = now;
        _askedLength = waiting;
        return true;
    }
}
