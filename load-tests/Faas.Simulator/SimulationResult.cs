using System.Text.Json.Serialization;

namespace Faas.Simulator;

/// <summary>What a policy came to. One line of JSON; `functions` stays inside, for <see cref="Resampling"/>.</summary>
internal sealed record SimulationResult
{
    public required string Policy { get; init; }

    public required int Cold { get; init; }

    public required double IdleGBMin { get; init; }

    /// <summary>As above, with the parts of minutes in which instances were started ahead; whole minutes leave them out.</summary>
    public required double IdleGBMinWithStarts { get; init; }

    public required long Invocations { get; init; }

    public required double ColdPercent { get; init; }

    /// <summary>Cold starts that nothing avoids.</summary>
    public required int FirstCalls { get; init; }

    public required int Prewarms { get; init; }

    /// <summary>Started ahead and stopped without a call.</summary>
    public required int WastedPrewarms { get; init; }

    /// <summary>Starts of any kind: cold ones and pre-warmed ones.</summary>
    public required int Loads { get; init; }

    public required double PeakGB { get; init; }

    /// <summary>Waiting for cold starts over all invocations, in ms: one caller waits for each.</summary>
    public required Waiting WaitMs { get; init; }

    [JsonIgnore]
    public IReadOnlyList<FunctionShare> Functions { get; init; } = [];

    public static SimulationResult Of(Trace trace, string policy, IReadOnlyList<FunctionRun> runs, double peakGB, double activationMs)
    {
        var (cold, prewarms) = (runs.Sum(r => r.Cold), runs.Sum(r => r.Prewarms));
        return new SimulationResult
        {
            Policy = policy,
            Cold = cold,
            IdleGBMin = Math.Round(runs.Sum(r => r.IdleGBMin), 1),
            IdleGBMinWithStarts = Math.Round(runs.Sum(r => r.IdleGBMinWithStarts), 1),
            Invocations = trace.Invocations,
            ColdPercent = Math.Round(100.0 * cold / Math.Max(1, trace.Invocations), 4),
            FirstCalls = trace.FirstCalls,
            Prewarms = prewarms,
            WastedPrewarms = runs.Sum(r => r.WastedPrewarms),
            Loads = cold + prewarms,
            PeakGB = Math.Round(peakGB, 3),
            WaitMs = Waiting.Of(cold, trace.Invocations, activationMs),
            Functions = [.. runs.Select(r => new FunctionShare(r.Cold, r.IdleGBMin))],
        };
    }
}

/// <summary>One function's part of a result.</summary>
internal readonly record struct FunctionShare(int Cold, double IdleGBMin);

/// <summary>Percentiles and the sum of waiting: <paramref name="Total"/> is cold starts times what one takes, all others wait for nothing.</summary>
internal readonly record struct Waiting(double P50, double P99, double Total)
{
    public static Waiting Of(int cold, long invocations, double activationMs) =>
        new(cold > 0.50 * invocations ? activationMs : 0, cold > 0.01 * invocations ? activationMs : 0, Math.Round(cold * activationMs, 1));
}
