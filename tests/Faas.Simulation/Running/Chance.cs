namespace Faas.Simulation.Running;

/// <summary>The schedule's dice: the same seed gives the same throws.</summary>
internal sealed class Chance(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Another die that does not disturb this one's throws.</summary>
    public Chance Split() => new(_random.Next());

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public int Between(int min, int max) => _random.Next(min, max + 1);

    /// <summary>True once in <paramref name="n"/> times.</summary>
    public bool OneIn(int n) => n > 0 && _random.Next(n) == 0;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    /// <summary>A time between two, short ones as likely as long ones: evenly distributed over orders of magnitude.</summary>
    public TimeSpan Span(double minMs, double maxMs) => TimeSpan.FromTicks((long)(minMs * Math.Pow(maxMs / minMs, _random.NextDouble()) * TimeSpan.TicksPerMillisecond));

    /// <summary>A time between events that come at random, <paramref name="meanMs"/> apart.</summary>
    public TimeSpan Gap(double meanMs) => TimeSpan.FromTicks((long)(-Math.Log(1 - _random.NextDouble()) * meanMs * TimeSpan.TicksPerMillisecond));
}
