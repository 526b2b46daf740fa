using Faas.Controller.Logs;

namespace Faas.Controller.Metrics;

/// <summary>What functions' logs take of the disk.</summary>
internal sealed class LogSection(FunctionLogs logs) : IMetricSection
{
    /// <inheritdoc/>
    public string Name => "logs";

    /// <inheritdoc/>
    public Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        text.Family("faas_log_bytes", "gauge", "Bytes that the logs of all functions have on the disk.");
        text.Sample(logs.Bytes);
        return Task.CompletedTask;
    }
}
