using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Controller.Metering.Costs;

/// <summary>Usage from the ledger's sums, told apart as asked. Pure but for the reading.</summary>
internal static class UsageReports
{
    /// <summary>The longest period whose sums say exactly what was asked for.</summary>
    public static UsagePeriod PeriodOf(UsageScope scope, IReadOnlyList<UsageKey> by) =>
        by.Contains(UsageKey.Minute) || !(IsWhole(scope.From, UsagePeriod.Hour) && IsWhole(scope.To, UsagePeriod.Hour)) ? UsagePeriod.Minute
        : by.Contains(UsageKey.Hour) || !(IsWhole(scope.From, UsagePeriod.Day) && IsWhole(scope.To, UsagePeriod.Day)) ? UsagePeriod.Hour
        : UsagePeriod.Day;

    /// <summary>Whether a moment is the beginning of a period.</summary>
    public static bool IsWhole(DateTimeOffset at, UsagePeriod period) => at.UtcTicks % ((long)period * TimeSpan.TicksPerSecond) == 0;

    /// <summary>Adds up what is in the scope.</summary>
    public static UsageReport Of(UsageScope scope, IReadOnlyList<UsageKey> by, IReadOnlyList<UsagePeriodSum> sums, string currency)
    {
        var rows = new Dictionary<UsageRow, UsageTotals>();
        var total = Nothing(currency);
        foreach (var sum in sums)
        {
            if ((scope.Function is not null && sum.Function != scope.Function) || (scope.Namespace is not null && FunctionName.NamespaceOf(sum.Function) != scope.Namespace))
            {
                continue;
            }

            var key = by.Aggregate(new UsageRow(Nothing(currency)), (row, part) => With(row, part, sum));
            rows[key] = Add(rows.GetValueOrDefault(key, Nothing(currency)), sum.Totals);
            total = Add(total, sum.Totals);
        }

        return new UsageReport(scope.From, scope.To, [.. Ordered(rows.Select(row => row.Key with { Totals = row.Value }), by)], total);
    }

    /// <summary>Two sums together.</summary>
    public static UsageTotals Add(UsageTotals one, UsageTotals other) => new(
        one.Invocations + other.Invocations, one.Errors + other.Errors, one.ColdStarts + other.ColdStarts, one.BilledMs + other.BilledMs, one.GiBSeconds + other.GiBSeconds,
        one.BytesIn + other.BytesIn, one.BytesOut + other.BytesOut, one.Cost + other.Cost, one.Currency) 
    {
        Billed = one.Billed + other.Billed, CpuSeconds = one.CpuSeconds + other.CpuSeconds, PeakKiB = Math.Max(one.PeakKiB, other.PeakKiB),
    };

    public static UsageTotals Nothing(string currency) => new(0, 0, 0, 0, 0, 0, 0, 0, currency);

    private static UsageRow With(UsageRow row, UsageKey key, UsagePeriodSum sum) => key switch
    {
        UsageKey.Function => row with { Function = sum.Function },
        UsageKey.Namespace => row with { Namespace = FunctionName.NamespaceOf(sum.Function) },
        UsageKey.Revision => row with { Revision = sum.Revision },
        UsageKey.Outcome => row with { Outcome = sum.Outcome },
        UsageKey.Price => row with { Price = sum.Price },
        UsageKey.Day => row with { Start = FloorOf(sum.Start, UsagePeriod.Day) },
        UsageKey.Hour => row with { Start = FloorOf(sum.Start, UsagePeriod.Hour) },
        UsageKey.Minute => row with { Start = FloorOf(sum.Start, UsagePeriod.Minute) },
        _ => row,
    };

    private static DateTimeOffset FloorOf(DateTimeOffset at, UsagePeriod period) => at.AddTicks(-(at.UtcTicks % ((long)period * TimeSpan.TicksPerSecond)));

    private static IEnumerable<UsageRow> Ordered(IEnumerable<UsageRow> rows, IReadOnlyList<UsageKey> by) => by.Count == 0
        ? rows
        : by.Skip(1).Aggregate(rows.OrderBy(row => PartOf(row, by[0]), Comparer<object?>.Create(Compare)), (ordered, key) => ordered.ThenBy(row => PartOf(row, key), Comparer<object?>.Create(Compare)));

    private static object? PartOf(UsageRow row, UsageKey key) => key switch
    {
        UsageKey.Function => row.Function,
        UsageKey.Namespace => row.Namespace,
        UsageKey.Revision => row.Revision,
        UsageKey.Outcome => row.Outcome,
        UsageKey.Price => row.Price,
        _ => row.Start,
    };

    private static int Compare(object? one, object? other) => one is string text ? string.CompareOrdinal(text, other as string) : Comparer<object?>.Default.Compare(one, other);
}
