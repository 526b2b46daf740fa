namespace Faas.LoadTests.Loads;

/// <summary>What a load says when it is over.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Ms">Half of the answers came within.</param>
/// <param name="P99Ms">99 of 100 answers came within.</param>
/// <param name="Failed">Answers that were not 2xx or 3xx, and requests without one.</param>
internal sealed record LoadResult(long Requests, double PerSecond, double P50Ms, double P99Ms, int Failed)
{
    /// <summary>What failed, in words; null when nothing did.</summary>
    public string? Failure { get; init; }

    /// <summary>999 of 1,000 answers came within; null when the client does not say.</summary>
    public double? P999Ms { get; init; }

    /// <summary>How late the client itself was with the 99th of 100 requests; null for closed loops, which cannot be late.</summary>
    public double? ClientLagP99Ms { get; init; }
}
