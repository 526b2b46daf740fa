namespace Faas.Controller.Metering.Costs;

/// <summary>How a cloud prices an invocation, by its public list.</summary>
/// <param name="Name">Its offer, with the place that the prices are of.</param>
/// <param name="PerMillionRequests">US dollars for a million invocations.</param>
/// <param name="PerGiBSecond">US dollars for one GiB of memory during one second.</param>
/// <param name="Source">Where that is said.</param>
/// <param name="AsOf">Of when what was read about it is.</param>
internal sealed record CloudTariff(string Name, decimal PerMillionRequests, decimal PerGiBSecond, string Source, DateOnly AsOf)
{
    /// <summary>Running time counts in steps of this many ms, rounded up.</summary>
    public int RoundUpMs { get; init; } = 1;

    /// <summary>No invocation counts for less.</summary>
    public int MinimumMs { get; init; } = 1;

    /// <summary>Sizes in MiB that memory is rounded up to, in order; beyond the last, it is what it is. With the GHz that come with each.</summary>
    public IReadOnlyList<(int MiB, decimal GHz)> Sizes { get; init; } = [];

    /// <summary>US dollars for one GHz during one second.</summary>
    public decimal PerGHzSecond { get; init; }

    /// <summary>What it gives away each month, in words.</summary>
    public string FreeTier { get; init; } = "";

    /// <summary>Its rounding in words.</summary>
    public string Rounding =>
        (RoundUpMs > 1 ? $"up to {RoundUpMs} ms" : $"up to 1 ms{(MinimumMs > 1 ? $", at least {MinimumMs} ms" : "")}") + (Sizes.Count > 0 ? $", memory in steps from {Sizes[0].MiB} MiB" : "");

    /// <summary>What one invocation costs, in US dollars.</summary>
    /// <param name="runUs">Its running time in µs.</param>
    /// <param name="memoryMiB">The function's memory.</param>
    public decimal CostOf(long runUs, int memoryMiB)
    {
        var stepUs = RoundUpMs * 1000L;
        var seconds = Math.Max(MinimumMs, (runUs + stepUs - 1) / stepUs * RoundUpMs) / 1000m;
        var (size, ghz) = SizeOf(memoryMiB);
        return (PerMillionRequests / 1_000_000) + (seconds * ((size / 1024m * PerGiBSecond) + (ghz * PerGHzSecond)));
    }

    private (int MiB, decimal GHz) SizeOf(int memoryMiB)
    {
        foreach (var size in Sizes)
        {
            if (memoryMiB <= size.MiB)
            {
                return size;
            }
        }

        return (memoryMiB, Sizes.Count > 0 ? Sizes[^1].GHz : 0);
    }
}
