using Faas.Contracts.Functions;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>When a function's callers come.</summary>
internal enum Pattern
{
    /// <summary>On for a minute with twice its rate, off for a minute.</summary>
    Bursty,

    /// <summary>Callers that know nothing of each other.</summary>
    Poisson,

    /// <summary>A timer.</summary>
    Periodic,
}

/// <summary>One function of the mix.</summary>
/// <param name="Rank">0 is the busiest.</param>
/// <param name="Runtime">Its runtime.</param>
/// <param name="Pattern">When its callers come.</param>
/// <param name="Rate">Requests a second on average.</param>
/// <param name="BurnMs">CPU time of a request.</param>
/// <param name="WaitMs">Time it waits beside that.</param>
internal sealed record MixedFunction(int Rank, string Runtime, Pattern Pattern, double Rate, double BurnMs, double WaitMs)
{
    public const int Count = 50;
    private const double RunMsMax = 50;

    /// <summary>Share of the machine's CPU time that the functions themselves burn; the platform's own part brings the whole to about half.</summary>
    private const double BurnShare = 0.35;

    private static readonly TimeSpan HalfMax = TimeSpan.FromMinutes(1);

    public string Name => $"mixed-{Rank}";

    /// <summary>
    /// The mix: rates by Zipf's law (s = 1), run times spread evenly from 1 to 50 ms over functions in no order, runtimes in turns in no order. Every
    /// function burns the same share of its run time, such that all together burn <see cref="BurnShare"/> of the machine.
    /// </summary>
    public static List<MixedFunction> Mix(double rate, int seed)
    {
        var random = new Random(seed);
        var runMs = Enumerable.Range(0, Count).Select(i => 1 + (i * (RunMsMax - 1) / (Count - 1))).ToArray();
        var runtimes = Enumerable.Range(0, Count).Select(i => Target.HandlerRuntimes[i % Target.HandlerRuntimes.Count]).ToArray();
        random.Shuffle(runMs);
        random.Shuffle(runtimes);
        var harmonic = Enumerable.Range(1, Count).Sum(rank => 1.0 / rank);
        var rates = Enumerable.Range(1, Count).Select(rank => rate / rank / harmonic).ToArray();
        var burn = Math.Min(1, BurnShare * Environment.ProcessorCount * 1000 / rates.Zip(runMs, (perSecond, ms) => perSecond * ms).Sum());

        // The busiest comes in bursts, because that is what its neighbours would suffer from most.
        return [.. Enumerable.Range(0, Count).Select(rank =>
            new MixedFunction(rank, runtimes[rank], (Pattern)(rank % 3), rates[rank], runMs[rank] * burn, runMs[rank] * (1 - burn)))];
    }

    /// <summary>Its schedule. Depends on nothing but itself and the seed, so that it is the same without its neighbours.</summary>
    public IEnumerable<Arrival> Arrivals(TimeSpan duration, int seed)
    {
        var random = new Random((seed * 1000) + Rank);
        var half = duration / 5 < HalfMax ? duration / 5 : HalfMax;
        return Pattern switch
        {
            Pattern.Bursty => OpenLoop.Arrivals.Bursty(Rate, duration, half, Rank, random),
            Pattern.Poisson => OpenLoop.Arrivals.Poisson(Rate, duration, Rank, random),
            _ => OpenLoop.Arrivals.Periodic(Rate, duration, Rank, random.NextDouble()),
        };
    }

    public FunctionSpec Spec(string digest, TimeSpan keepAlive) =>
        WorkFunction.Spec(Name, Runtime, digest, BurnMs, WaitMs) with { MaxInstances = 10, KeepAlive = keepAlive };
}
