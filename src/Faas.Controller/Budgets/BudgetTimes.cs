using Faas.Contracts.Api;

namespace Faas.Controller.Budgets;

/// <summary>Days and months of UTC.</summary>
internal static class BudgetTimes
{
    /// <summary>When the period begins that a moment is in.</summary>
    public static DateTimeOffset StartOf(BudgetPeriod period, DateTimeOffset at)
    {
        var utc = at.UtcDateTime;
        return new DateTimeOffset(utc.Year, utc.Month, period == BudgetPeriod.Day ? utc.Day : 1, 0, 0, 0, TimeSpan.Zero);
    }

    /// <summary>When a period ends that begins at <paramref name="start"/>.</summary>
    public static DateTimeOffset EndOf(BudgetPeriod period, DateTimeOffset start) => period == BudgetPeriod.Day ? start.AddDays(1) : start.AddMonths(1);

    /// <summary>Whole days since 1970.</summary>
    public static int DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>When a day begins.</summary>
    public static DateTimeOffset StartOf(int day) => DateTimeOffset.UnixEpoch.AddDays(day);
}
