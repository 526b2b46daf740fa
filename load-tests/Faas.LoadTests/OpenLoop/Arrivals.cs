namespace Faas.LoadTests.OpenLoop;

/// <summary>When callers come. Each pattern has the given rate on average; the same seed gives the same schedule.</summary>
internal static class Arrivals
{
    /// <summary>One every 1/<paramref name="rate"/> seconds, the first one at <paramref name="phase"/> of that.</summary>
    public static IEnumerable<Arrival> Periodic(double rate, TimeSpan duration, int request, double phase = 0)
    {
        var count = (int)Math.Floor((duration.TotalSeconds * rate) - phase);
        for (var i = 0; i < count; i++)
        {
            yield return new Arrival(TimeSpan.FromSeconds((i + phase) / rate), request);
        }
    }

    /// <summary>Callers that know nothing of each other: exponential gaps.</summary>
    public static IEnumerable<Arrival> Poisson(double rate, TimeSpan duration, int request, Random random)
    {
        for (var at = Gap(rate, random); at < duration.TotalSeconds; at += Gap(rate, random))
        {
            yield return new Arrival(TimeSpan.FromSeconds(at), request);
        }
    }

    /// <summary>On for <paramref name="half"/> with twice the rate (Poisson), off for as long, and so on, from anywhere in that rhythm.</summary>
    public static IEnumerable<Arrival> Bursty(double rate, TimeSpan duration, TimeSpan half, int request, Random random)
    {
        var phase = random.NextDouble() * 2 * half.TotalSeconds;
        foreach (var arrival in Poisson(rate * 2, duration, request, random))
        {
            if ((arrival.At.TotalSeconds + phase) % (2 * half.TotalSeconds) < half.TotalSeconds)
            {
                yield return arrival;
            }
        }
    }

    private static double Gap(double rate, Random random) => -Math.Log(1 - random.NextDouble()) / rate;
}
