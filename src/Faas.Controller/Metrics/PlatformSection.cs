using Faas.Contracts.Hosting;
using Faas.Controller.Functions;
using Faas.Controller.Link;
using Faas.Controller.Metering;
using Faas.Controller.Scaling;
using Faas.Instances;
using Prometheus;

namespace Faas.Controller.Metrics;

/// <summary>The platform as a whole: stems, memory, the gateway, the ledger's intake, this process.</summary>
internal sealed class PlatformSection : IMetricSection
{
    private readonly CollectorRegistry _registry;

    public PlatformSection(PlatformMetrics platform, InstanceHost host, FleetParts fleet, FunctionCatalog catalog, UsageIngest ingest, DataFolder data)
    {
        _registry = platform.Registry;
        var metrics = platform.Metrics;
        metrics.CreateGauge("faas_build_info", "Which version runs, in which sandbox.", ["version", "sandbox"]).WithLabels(ThisVersion.Text, host.Sandbox.Name).Set(1);
        var functions = metrics.CreateGauge("faas_functions", "Functions that are deployed.");
        var gateway = metrics.CreateGauge("faas_gateway_connected", "Whether the gateway is connected: 1 or 0.");
        var stems = metrics.CreateGauge("faas_stems", "Stems that are ready, by runtime and what they are for.", ["runtime", "memory_mib", "network"]);
        var memory = metrics.CreateGauge("faas_memory_bytes", "The machine's memory: what instances may be allotted, what they are, and what is free.", ["kind"]);
        var lag = metrics.CreateGauge("faas_usage_lag_seconds", "How long the oldest usage batch that is not stored yet has waited in the controller.");
        var waiting = metrics.CreateGauge("faas_usage_batches_waiting", "Usage batches that wait in the controller.");
        var segments = metrics.CreateGauge("faas_usage_journal_segments", "Segments of the gateway's usage journal: those not stored yet, and the one being written.");
        _registry.AddBeforeCollectCallback(() =>
        {
            functions.Set(catalog.All.Count);
            gateway.Set(fleet.Link.IsConnected ? 1 : 0);
            Set(stems, host.StemCountsByKey());
            var (allottable, allotted) = fleet.Fleet.Memory;
            memory.WithLabels("allottable").Set(allottable << 20);
            memory.WithLabels("allotted").Set(allotted << 20);
            memory.WithLabels("available").Set(fleet.Machine.AvailableMiB() << 20);
            lag.Set(ingest.Lag.TotalSeconds);
            waiting.Set(ingest.Waiting);
            segments.Set(Directory.Exists(data.Journal) ? Directory.EnumerateFiles(data.Journal).Count() : 0);
        });
    }

    /// <inheritdoc/>
    public string Name => "platform";

    /// <inheritdoc/>
    public async Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        using var exported = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(exported, ct);
        text.Append(exported.GetBuffer().AsSpan(0, (int)exported.Length));
    }

    private static void Set(Gauge stems, IReadOnlyDictionary<StemKey, int> counts)
    {
        foreach (var labels in stems.GetAllLabelValues())
        {
            stems.WithLabels(labels).Set(0);   // of a key that nobody uses any more, or set below
        }

        foreach (var (key, count) in counts)
        {
            stems.WithLabels(key.Runtime, key.MemoryMiB.ToString(System.Globalization.CultureInfo.InvariantCulture), key.Network.ToString().ToLowerInvariant()).Set(count);
        }
    }
}
