using Faas.Contracts.Api;
using Faas.Storage;

namespace Faas.Controller.Metering.Costs;

/// <summary>
/// Where a month is going. Each day that is left is expected to cost what such days cost on average: the same days of the week of the last four weeks once there are two of them, all days seen
/// before that. The range is two standard deviations of a day's cost times the root of the days that are left, as for independent days.
/// </summary>
internal static class Forecasts
{
    /// <summary>Days that are looked back at: four of each day of the week.</summary>
    public const int DaysMax = 28;

    /// <summary>From so many days on each day of the week stands for itself.</summary>
    private const int WeeklyFrom = 14;

    /// <summary>The forecast at a moment.</summary>
    /// <param name="now">The present.</param>
    /// <param name="days">Sums by day from <see cref="DaysMax"/> days ago or the month's beginning on, whichever is earlier.</param>
    /// <param name="currency">Of the costs.</param>
    public static CostForecast Of(DateTimeOffset now, IReadOnlyList<UsagePeriodSum> days, string currency)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var month = new DateOnly(today.Year, today.Month, 1);
        var costs = days.GroupBy(day => DateOnly.FromDateTime(day.Start.UtcDateTime)).ToDictionary(day => day.Key, day => day.Sum(sum => sum.Totals.Cost));
        var soFar = costs.Where(day => day.Key >= month).Sum(day => day.Value);
        var seen = Seen(costs, today);
        var (left, variance) = (0m, 0.0);
        for (var day = today; day < month.AddMonths(1); day = day.AddDays(1))
        {
            var share = day == today ? 1 - (decimal)(now.UtcDateTime.TimeOfDay / TimeSpan.FromDays(1)) : 1;
            var alike = AlikeOf(seen, day);
            left += share * (alike.Count > 0 ? alike.Average() : PaceOf(costs.GetValueOrDefault(today), now));
            variance += (double)share * VarianceOf(alike);
        }

        var spread = 2 * (decimal)Math.Sqrt(variance);
        var expected = soFar + left;
        return new CostForecast(month, soFar, Round(expected), Round(Math.Max(soFar, expected - spread)), Round(expected + spread), seen.Count, currency);
    }

    /// <summary>Whole days before today, from the first on that anything was used; those on which nothing was are days, too.</summary>
    private static Dictionary<DateOnly, decimal> Seen(Dictionary<DateOnly, decimal> costs, DateOnly today)
    {
        var seen = new Dictionary<DateOnly, decimal>();
        if (costs.Count > 0)
        {
            var first = costs.Keys.Min() is var earliest && earliest < today.AddDays(-DaysMax) ? today.AddDays(-DaysMax) : costs.Keys.Min();
            for (var day = first; day < today; day = day.AddDays(1))
            {
                seen[day] = costs.GetValueOrDefault(day);
            }
        }

        return seen;
    }

    private static List<decimal> AlikeOf(Dictionary<DateOnly, decimal> seen, DateOnly day) =>
        [.. seen.Where(one => seen.Count < WeeklyFrom || one.Key.DayOfWeek == day.DayOfWeek).Select(one => one.Value)];

    /// <summary>What a day costs that goes on like this one; one that has just begun says nothing yet.</summary>
    private static decimal PaceOf(decimal soFarToday, DateTimeOffset now) => soFarToday / (decimal)Math.Max(now.UtcDateTime.TimeOfDay / TimeSpan.FromDays(1), 1.0 / 24);

    private static double VarianceOf(List<decimal> costs)
    {
        if (costs.Count < 2)
        {
            return 0;
        }

        var mean = (double)costs.Average();
        return costs.Sum(cost => Math.Pow((double)cost - mean, 2)) / (costs.Count - 1);
    }

    private static decimal Round(decimal cost) => decimal.Round(cost, 12);
}
