using Faas.Contracts.Api;
using Faas.Storage;

namespace Faas.Controller.Metering.Idle;

/// <summary>What memory was allotted for while nothing ran: what was allotted, less what invocations were billed for. Pure.</summary>
/// <remarks>
/// Both are sums of a day, a function and a version of the prices, and the difference is taken of these. A function with a concurrency above 1 is billed for each invocation at the same time, which may
/// be more than its instances have: then nothing of its day was idle. So it is never too much.
/// </remarks>
internal static class IdleReports
{
    private const decimal MiBUsPerGiBSecond = 1024m * 1_000_000;
    private const double MiBMsPerGiBSecond = 1024 * 1000;
    private const int Decimals = 12;

    /// <summary>The report.</summary>
    /// <param name="scope">Whole days, and whose.</param>
    /// <param name="byDay">Whether days are told apart.</param>
    /// <param name="allotted">MiB-µs of those days.</param>
    /// <param name="billed">Usage of those days, by day.</param>
    /// <param name="prices">All prices.</param>
    public static IdleReport Of(UsageScope scope, bool byDay, IReadOnlyDictionary<MemoryTimeKey, long> allotted, IReadOnlyList<UsagePeriodSum> billed, IReadOnlyList<Prices> prices)
    {
        var busy = billed.GroupBy(sum => (Day: DateOnly.FromDateTime(sum.Start.UtcDateTime), sum.Function, sum.Price))
            .ToDictionary(group => group.Key, group => (long)Math.Round(group.Sum(sum => sum.Totals.GiBSeconds) * MiBMsPerGiBSecond) * 1000);
        var rows = new Dictionary<(DateOnly?, string), IdleRow>();
        foreach (var (key, mibUs) in allotted)
        {
            var isMeant = (scope.Function is null || scope.Function == key.Function) && (scope.Namespace is null || (key.Function.Length > 0 && scope.Namespace == Contracts.Functions.FunctionName.NamespaceOf(key.Function)));
            if (!isMeant)
            {
                continue;
            }

            var idle = key.State == MemoryState.Awake ? Math.Max(0, mibUs - busy.GetValueOrDefault((key.Day, key.Function, key.Price))) : mibUs;
            var rate = (prices.FirstOrDefault(one => one.Version == key.Price) ?? prices[0]).Terms.PerIdleGiBSecond;
            var at = (byDay ? key.Day : (DateOnly?)null, key.Function);
            rows[at] = Add(rows.GetValueOrDefault(at) ?? new IdleRow(key.Function, 0, 0, 0, 0, 0) { Day = at.Item1 }, key.State, mibUs, idle, CostOf(key, idle, rate));
        }

        var ordered = rows.Values.OrderBy(row => row.Day).ThenBy(row => row.Function, StringComparer.Ordinal).ToList();
        var total = ordered.Aggregate(new IdleRow("", 0, 0, 0, 0, 0), (sum, row) => new IdleRow(
            "", sum.Allotted + row.Allotted, sum.Warm + row.Warm, sum.Frozen + row.Frozen, sum.Stems + row.Stems, sum.Cost + row.Cost));
        return new IdleReport(scope.From, scope.To, ordered, total, prices[^1].Terms.Currency);
    }

    /// <summary>Stems are the platform's, which nobody is billed for.</summary>
    private static decimal CostOf(MemoryTimeKey key, long idle, decimal rate) => key.State == MemoryState.Stem ? 0 : decimal.Round(idle / MiBUsPerGiBSecond * rate, Decimals);

    private static IdleRow Add(IdleRow row, MemoryState state, long mibUs, long idle, decimal cost)
    {
        var (allotted, seconds) = ((double)(mibUs / MiBUsPerGiBSecond), (double)(idle / MiBUsPerGiBSecond));
        return row with
        {
            Allotted = row.Allotted + allotted,
            Warm = row.Warm + (state == MemoryState.Awake ? seconds : 0),
            Frozen = row.Frozen + (state == MemoryState.Frozen ? seconds : 0),
            Stems = row.Stems + (state == MemoryState.Stem ? seconds : 0),
            Cost = row.Cost + cost,
        };
    }
}
