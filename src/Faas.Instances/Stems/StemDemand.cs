namespace Faas.Instances.Stems;

/// <summary>
/// How many stems of a key to keep ready, learned from how they are taken and how long a new one takes. Two things count: the rate at which they are taken -
/// as many are kept as a Poisson process of that rate takes while one is made, in all but one of a hundred cases - and the largest burst of late, because
/// cold starts come together (a deployment's callers, a timer's functions) more often than chance would have it. What was just deployed is about to be called, so a
/// deployment counts as a burst of <see cref="Expected"/> that is forgotten like any other. Passive; its pool's lock guards it.
/// </summary>
internal sealed class StemDemand
{
    /// <summary>
    /// Expected after a deployment, of one function or of many: 8, which a step from zero to 1,000 requests/s of 5 ms on two cores needs in its first quarter of a second,
    /// when making a stem takes half a second. They share most of their pages: 10 to 20 MB each.
    /// </summary>
    public const int Expected = 8;

    /// <summary>Kept for a key that nobody has used for a while: one for the next cold start, and one for the next while that is replaced.</summary>
    public const int Least = 2;

    /// <summary>Most that demand alone keeps for one key: 16 of the largest runtime are 0.7 GB, and a burst of 16 starts takes a second to make again.</summary>
    public const int Most = 16;

    /// <summary>Over this time the rate is averaged.</summary>
    private static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(5);

    /// <summary>A burst counts half after this time: long enough for those that come with a timer of a quarter of an hour, short enough to be gone by the night.</summary>
    private static readonly TimeSpan BurstHalfLife = TimeSpan.FromMinutes(10);

    /// <summary>Stems taken within this time are one burst even if they are made faster: callers that come together do so within about a second.</summary>
    private static readonly TimeSpan BurstMin = TimeSpan.FromSeconds(1);

    private const double CoveredShare = 0.99;

    private readonly Queue<DateTimeOffset> _lately = new();
    private TimeSpan _refill = TimeSpan.FromMilliseconds(500);
    private double _taken;
    private double _burst;
    private DateTimeOffset _at = DateTimeOffset.MinValue;

    /// <summary>Functions were deployed: their first calls are to come.</summary>
    public void Deployed(DateTimeOffset now)
    {
        Age(now);
        _burst = Math.Max(_burst, Expected);
    }

    /// <summary>A stem was taken, or would have been if there had been one.</summary>
    public void Taken(DateTimeOffset now)
    {
        Age(now);
        _taken++;
        _lately.Enqueue(now);
        var horizon = now - (_refill > BurstMin ? _refill : BurstMin);
        while (_lately.Count > Most || _lately.Peek() < horizon)
        {
            _lately.Dequeue();
        }

        _burst = Math.Max(_burst, _lately.Count);
    }

    /// <summary>A stem was made within <paramref name="took"/>.</summary>
    public void Made(TimeSpan took) => _refill += (took - _refill) * 0.2;

    /// <summary>Stems to keep ready.</summary>
    /// <param name="functions">Functions whose instances are made of them.</param>
    /// <param name="now">The time.</param>
    public int Target(int functions, DateTimeOffset now)
    {
        if (functions == 0)
        {
            return 0;
        }

        Age(now);
        var expected = _taken / RateWindow.TotalSeconds * _refill.TotalSeconds;
        var wanted = Math.Max(Quantile(expected), (int)Math.Round(_burst));
        return Math.Min(Most, Math.Max(wanted, Least));
    }

    /// <summary>The smallest number that a Poisson variable of mean <paramref name="mean"/> exceeds in one of a hundred cases at most.</summary>
    private static int Quantile(double mean)
    {
        var term = Math.Exp(-mean);
        var sum = term;
        var k = 0;
        while (sum < CoveredShare && k < Most)
        {
            k++;
            term *= mean / k;
            sum += term;
        }

        return k;
    }

    private void Age(DateTimeOffset now)
    {
        if (_at != DateTimeOffset.MinValue && now > _at)
        {
            _taken *= Math.Exp(-((now - _at) / RateWindow));
            _burst *= Math.Pow(0.5, (now - _at) / BurstHalfLife);
        }

        _at = now;
    }
}
