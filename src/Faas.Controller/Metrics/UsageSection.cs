using System.Runtime.InteropServices;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Controller.Metering;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Metrics;

/// <summary>
/// What invocations came to, as the ledger has it at this moment: the sum of all series of a name is the sum of all records, and of cost it is the bill. First of all sections,
/// because it chooses the functions with labels of their own.
/// </summary>
internal sealed class UsageSection(UsageCounters counters, UsageHistograms histograms, IDeployments deployments, PriceBook prices, TimeProvider time) : IMetricSection
{
    private const decimal MiBMsPerGiBSecond = 1_024_000;

    private static readonly string[] Outcomes = [.. Enum.GetNames<InvocationError>().Select(JsonNamingPolicy.CamelCase.ConvertName)];
    private static readonly string[] Blames = [.. Enum.GetNames<Blame>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private static readonly UsageFamily[] Families =
    [
        new("faas_cold_starts_total", "Invocations that waited for an activation.", static count => count.ColdStarts),
        new("faas_billed_seconds_total", "Running time as billed.", static count => count.BilledMs / 1000m),
        new("faas_billed_gib_seconds_total", "Running time as billed, times the instance's memory.", static count => count.MiBMs / MiBMsPerGiBSecond),
        new("faas_cpu_seconds_total", "CPU time as measured.", static count => count.CpuUs / 1_000_000m),
        new("faas_request_bytes_total", "Bytes of request bodies.", static count => count.BytesIn),
        new("faas_response_bytes_total", "Bytes of response bodies.", static count => count.BytesOut),
    ];

    /// <inheritdoc/>
    public string Name => "usage";

    /// <inheritdoc/>
    public async Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        var all = await counters.ReadAsync(time.GetUtcNow(), ct);
        var deployed = deployments.All.Select(spec => spec.Name).ToHashSet(StringComparer.Ordinal);
        labels.Choose(deployed, InvocationsOf(all));
        var series = SeriesOf(all, labels);
        text.Family("faas_invocations_total", "counter", "Invocations that ended, by how and whom to blame.");
        foreach (var (function, outcome, count) in series)
        {
            text.Sample(count.Invocations, ("function", function), ("outcome", TextOf(outcome)), ("blame", BlameOf(outcome)), ("since", labels.SinceOf(function)));
        }

        foreach (var family in Families)
        {
            Write(text, labels, series, family, currency: null);
        }

        Write(text, labels, series, new("faas_cost_total", "What invocations cost, in the currency.", static count => PicoMoney.ToAmount(count.CostPico)), prices.Current.Terms.Currency);
        histograms.WriteTo(text, labels, deployed);
    }

    private static void Write(MetricsText text, FunctionLabels labels, List<UsageSeries> series, UsageFamily family, string? currency)
    {
        text.Family(family.Name, "counter", family.Help);
        foreach (var (function, outcome, count) in series)
        {
            // Failures that cost nothing and moved nothing have no series of it. Successes have, from 0 on, so that the first one is seen as an increase.
            if (family.Value(count) is var value && (value != 0 || outcome == InvocationError.None))
            {
                text.Sample(value, ("function", function), ("outcome", TextOf(outcome)), ("currency", currency), ("since", labels.SinceOf(function)));
            }
        }
    }

    private static Dictionary<string, long> InvocationsOf(Dictionary<UsageCountKey, UsageSum> all)
    {
        var invocations = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (key, count) in all)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(invocations, key.Function, out _) += count.Invocations;
        }

        return invocations;
    }

    private static List<UsageSeries> SeriesOf(Dictionary<UsageCountKey, UsageSum> all, FunctionLabels labels)
    {
        var sums = new Dictionary<UsageCountKey, UsageSum>(2 * labels.Own.Count);
        foreach (var function in labels.Own.Append(FunctionLabels.Other))
        {
            sums[new UsageCountKey(function, InvocationError.None)] = default;
        }

        foreach (var (key, count) in all)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, key with { Function = labels.Of(key.Function) }, out _);
            sum += count;
        }

        return [.. from sum in sums orderby sum.Key.Function, sum.Key.Outcome select new UsageSeries(sum.Key.Function, sum.Key.Outcome, sum.Value)];
    }

    private static string TextOf(InvocationError? outcome) => outcome is { } known && InvocationErrors.IsKnown(known) ? Outcomes[(int)known] : "unknown";

    private static string BlameOf(InvocationError? outcome) =>
        outcome is { } known && InvocationErrors.IsKnown(known) ? Blames[(int)InvocationErrors.Of(known).Blame] : "unknown";

    private readonly record struct UsageFamily(string Name, string Help, Func<UsageSum, decimal> Value);

    private readonly record struct UsageSeries(string Function, InvocationError? Outcome, UsageSum Count);
}
