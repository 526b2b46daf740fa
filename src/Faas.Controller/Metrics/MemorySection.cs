using System.Runtime.InteropServices;
using System.Text.Json;
using Faas.Controller.Metering.Idle;
using Faas.Storage;

namespace Faas.Controller.Metrics;

/// <summary>How long memory was allotted, since the beginning. What of it was idle is this less <c>faas_billed_gib_seconds_total</c>.</summary>
internal sealed class MemorySection(MemoryTimeKeeper keeper) : IMetricSection
{
    private const decimal MiBUsPerGiBSecond = 1024m * 1_000_000;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public async Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        await keeper.StoreAsync(ct);
        var sums = new Dictionary<(string Function, MemoryState State), long>();
        foreach (var ((function, state), mibUs) in await keeper.TotalsAsync(ct))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(sums, (function.Length == 0 ? "" : labels.Of(function), state), out _) += mibUs;
        }

        text.Family("faas_allotted_gib_seconds_total", "counter", "Memory that was allotted, times how long, by function and state; stems are nobody's.");
        foreach (var ((function, state), mibUs) in sums.OrderBy(sum => sum.Key.Function, StringComparer.Ordinal).ThenBy(sum => sum.Key.State))
        {
            text.Sample(mibUs / MiBUsPerGiBSecond, ("function", function), ("state", JsonNamingPolicy.CamelCase.ConvertName(state.ToString())), ("since", labels.SinceOf(function)));
        }
    }
}
