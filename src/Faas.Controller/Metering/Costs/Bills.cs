using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Controller.Metering.Costs;

/// <summary>What a month comes to: the sum of its usage records, less what is free.</summary>
internal static class Bills
{
    private const int Decimals = 12;

    /// <summary>The bill of a month.</summary>
    /// <param name="month">Its first day.</param>
    /// <param name="days">Sums by day of that month.</param>
    /// <param name="prices">All prices.</param>
    /// <param name="now">The present.</param>
    public static Bill Of(DateOnly month, IReadOnlyList<UsagePeriodSum> days, IReadOnlyList<Prices> prices, DateTimeOffset now)
    {
        var end = StartOf(month.AddMonths(1));
        var atEnd = prices.LastOrDefault(one => one.Since < end) ?? prices[0];
        List<BillLine> lines = [];
        foreach (var space in days.GroupBy(day => FunctionName.NamespaceOf(day.Function)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var total = space.Aggregate(UsageReports.Nothing(atEnd.Terms.Currency), (sum, day) => UsageReports.Add(sum, day.Totals));
            var free = FreeOf([.. space], total, prices, atEnd.Terms);
            lines.Add(new BillLine(space.Key, total.Billed, total.GiBSeconds, total.BytesOut, total.Cost, free, total.Cost - free));
        }

        return new Bill(
            month, now >= end, lines, lines.Sum(line => line.Cost), lines.Sum(line => line.FreeTier), lines.Sum(line => line.Due), atEnd.Terms.Currency);
    }

    /// <summary>When a day begins.</summary>
    public static DateTimeOffset StartOf(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    /// <summary>
    /// The free tier that is in force at the month's end is taken off at what the namespace's requests and GiB-seconds cost on average, since prices may have changed within the month:
    /// which of them were the free ones would be anybody's guess.
    /// </summary>
    private static decimal FreeOf(IReadOnlyList<UsagePeriodSum> days, UsageTotals total, IReadOnlyList<Prices> prices, PriceTerms terms)
    {
        var (requests, gibSeconds) = (0m, 0m);
        foreach (var day in days)
        {
            var price = (prices.FirstOrDefault(one => one.Version == day.Price) ?? prices[0]).Terms;
            requests += day.Totals.Billed * price.PerMillionRequests / 1_000_000;
            gibSeconds += (decimal)day.Totals.GiBSeconds * price.PerGiBSecond;
        }

        var free = (requests * ShareOf(terms.FreeRequests, total.Billed)) + (gibSeconds * ShareOf(terms.FreeGiBSeconds, (decimal)total.GiBSeconds));
        return Math.Min(total.Cost, decimal.Round(free, Decimals));
    }

    private static decimal ShareOf(decimal free, decimal used) => used <= free ? 1 : free / used;
}
