namespace Faas.Simulator;

/// <summary>
/// How much of a result is the luck of the trace: resamples of its functions, drawn with replacement from a fixed seed. Functions do not influence each other while
/// memory is not limited, so nothing is simulated again.
/// </summary>
internal static class Resampling
{
    private const int Seed = 2020;

    /// <summary>The middle 90 % of cold starts and idle GB·min, and how often a policy is at least as good as <paramref name="rival"/> in both.</summary>
    public static Spread Of(SimulationResult result, SimulationResult rival, int resamples)
    {
        var random = new Random(Seed);
        var count = result.Functions.Count;
        var (cold, idle) = (new double[resamples], new double[resamples]);
        var better = 0;
        for (var i = 0; i < resamples; i++)
        {
            var (rivalCold, rivalIdle) = (0.0, 0.0);
            for (var j = 0; j < count; j++)
            {
                var drawn = random.Next(count);
                cold[i] += result.Functions[drawn].Cold;
                idle[i] += result.Functions[drawn].IdleGBMin;
                rivalCold += rival.Functions[drawn].Cold;
                rivalIdle += rival.Functions[drawn].IdleGBMin;
            }

            better += cold[i] <= rivalCold && idle[i] <= rivalIdle ? 1 : 0;
        }

        Array.Sort(cold);
        Array.Sort(idle);
        return new Spread(cold[resamples / 20], cold[resamples * 19 / 20], idle[resamples / 20], idle[resamples * 19 / 20], 100.0 * better / resamples);
    }
}

/// <summary>See <see cref="Resampling.Of"/>.</summary>
internal readonly record struct Spread(double ColdLow, double ColdHigh, double IdleLow, double IdleHigh, double BetterPercent);
