using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Controller.Events;
using Faas.Events.Triggers;

namespace Faas.Controller.Metrics;

/// <summary>The queue and the triggers, by function.</summary>
internal sealed class EventSection(EventViews views, TriggerDesk triggers) : IMetricSection
{
    private static readonly string[] States = [.. Enum.GetNames<TriggerState>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <inheritdoc/>
    public string Name => "events";

    /// <inheritdoc/>
    public async Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        var queue = (await views.QueueAsync(ct)).GroupBy(summary => labels.Of(summary.Function), StringComparer.Ordinal).ToList();
        Write(text, queue, "faas_queue_waiting", "Events that wait for an attempt.", static summary => summary.Waiting);
        Write(text, queue, "faas_queue_running", "Events whose attempt runs.", static summary => summary.Running);
        Write(text, queue, "faas_queue_deliveries", "Results that are being delivered, or wait for it.", static summary => summary.Deliveries);
        Write(text, queue, "faas_dead_letters", "Events that were given up.", static summary => summary.DeadLetters);
        WriteTriggers(text, labels);
    }

    private static void Write(
        MetricsText text, List<IGrouping<string, QueueSummary>> queue, string name, string help, Func<QueueSummary, long> value)
    {
        text.Family(name, "gauge", help);
        foreach (var summaries in queue)
        {
            text.Sample(summaries.Sum(value), ("function", summaries.Key));
        }
    }

    private void WriteTriggers(MetricsText text, FunctionLabels labels)
    {
        var all = triggers.List(null)
            .GroupBy(trigger => labels.Of(trigger.Function) is var function && function == FunctionLabels.Other
                ? new TriggerLabels(function, null, trigger.Kind)
                : new TriggerLabels(function, trigger.Name, trigger.Kind))
            .ToList();
        text.Family("faas_triggers", "gauge", "Triggers by state: starting, running, failing, backingOff or paused.");
        foreach (var some in all)
        {
            foreach (var state in some.CountBy(trigger => trigger.State))
            {
                text.Sample(state.Value, ("function", some.Key.Function), ("trigger", some.Key.Trigger), ("kind", some.Key.Kind), ("state", States[(int)state.Key]));
            }
        }

        Write(text, all, "faas_trigger_lag", "gauge", "Events that wait at the source, where that is known.", static trigger => trigger.Lag);
        Write(text, all, "faas_trigger_events_total", "counter", "Events that triggers have given to functions.", static trigger => trigger.Events);
        Write(text, all, "faas_trigger_failures_total", "counter", "Events of triggers that were refused or became dead letters.", static trigger => trigger.Failures);
        Write(text, all, "faas_trigger_skipped_total", "counter", "Firings that were left out.", static trigger => trigger.Skipped);
    }

    private static void Write(
        MetricsText text, List<IGrouping<TriggerLabels, TriggerDescription>> all, string name, string type, string help, Func<TriggerDescription, long?> value)
    {
        text.Family(name, type, help);
        foreach (var some in all)
        {
            if (some.Any(trigger => value(trigger) is not null))
            {
                text.Sample(some.Sum(value) ?? 0, ("function", some.Key.Function), ("trigger", some.Key.Trigger), ("kind", some.Key.Kind));
            }
        }
    }

    private readonly record struct TriggerLabels(string Function, string? Trigger, string Kind);
}
