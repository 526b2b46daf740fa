using System.Globalization;
using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Simulator;

/// <summary>The policies that are compared.</summary>
internal static class Lineup
{
    // More than the minutes of any day, so that nothing is forgotten, as in the paper.
    private const int Everything = 100_000;

    private static readonly HybridHistogramOptions Default = new();

    private static readonly HybridHistogramOptions Percentiles = Default with
    {
        Head = 0.05, EarlyMargin = 0.10, LateMargin = 0.10, LearningMargin = 0, WindowWhileLearning = false, OutOfBoundsMax = 1, PrewarmMin = TimeSpan.Zero, WindowMax = TimeSpan.MaxValue,
    };

    // The paper names no least number of samples. Its forecast for what is out of bounds is left out; that falls back to the fixed time too.
    private static readonly HybridHistogramOptions Paper = Percentiles with
    {
        SamplesMin = 1, Fallback = IdleHistory.Bound, OutOfBoundsMax = 0.5, VariationMin = 2,
    };

    public static IReadOnlyList<PolicyRun> All { get; } =
    [
        .. new[] { 1, 5, 10, 20, 60 }.Select(minutes => new PolicyRun($"fixed {minutes}", new FixedKeepAlive(TimeSpan.FromMinutes(minutes)))),
        new("forever", new FixedKeepAlive(TimeSpan.MaxValue)),
        Hybrid("percentiles", Percentiles, Everything),
        Hybrid("paper", Paper, Everything),
        Hybrid("default", Default),
        .. new[] { 0.80, 0.90, 0.95, 1.0 }.Select(tail => Hybrid(Text($"default tail={tail * 100}"), Default with { Tail = tail })),
        .. new[] { 0.0, 0.05 }.Select(head => Hybrid(Text($"default head={head * 100}"), Default with { Head = head })),
        .. new[] { 0.0, 0.1, 0.2 }.Select(early => Hybrid(Text($"default early={early * 100}"), Default with { EarlyMargin = early })),
        .. new[] { 0.1, 0.3, 0.5 }.Select(late => Hybrid(Text($"default late={late * 100}"), Default with { LateMargin = late })),
        .. new[] { 0.0, 2.0 }.Select(learning => Hybrid(Text($"default learning={learning * 100}"), Default with { LearningMargin = learning })),
        .. new[] { 1, 5, 20, 60 }.Select(minutes => Hybrid($"default fallback={minutes}", Default with { Fallback = TimeSpan.FromMinutes(minutes) })),
        .. new[] { 20, 30, 45, 90, 120, 100_000 }.Select(minutes => Hybrid($"default window={minutes}", Default with { WindowMax = TimeSpan.FromMinutes(minutes) })),
        .. new[] { 1, 3, 5 }.Select(samples => Hybrid($"default samples={samples}", Default with { SamplesMin = samples })),
        .. new[] { 32, 64, 512 }.Select(capacity => Hybrid($"default remembered={capacity}", Default, capacity)),
    ];

    /// <summary>The default on a machine with little memory, with either eviction.</summary>
    public static IReadOnlyList<PolicyRun> UnderPressure { get; } =
    [
        Hybrid("default, evicting by GreedyDual", Default) with { Eviction = Eviction.GreedyDual },
        Hybrid("default, evicting by LRU", Default) with { Eviction = Eviction.LeastRecentlyUsed },
        new("forever, evicting by GreedyDual", new FixedKeepAlive(TimeSpan.MaxValue), Eviction: Eviction.GreedyDual),
        new("forever, evicting by LRU", new FixedKeepAlive(TimeSpan.MaxValue), Eviction: Eviction.LeastRecentlyUsed),
    ];

    private static PolicyRun Hybrid(string name, HybridHistogramOptions options, int capacity = IdleHistory.DefaultCapacity) =>
        new(name, new HybridHistogram(options, name), capacity);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
