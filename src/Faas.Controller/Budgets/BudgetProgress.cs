using System.Text.Json.Serialization;
using Faas.Contracts.Api;

namespace Faas.Controller.Budgets;

/// <summary>What a budget has led to so far: kept, so that a restart tells nothing twice.</summary>
internal sealed record BudgetProgress
{
    /// <summary>The period that <see cref="ToldPercent"/> is of.</summary>
    public DateTimeOffset PeriodStart { get; init; }

    /// <summary>The highest threshold that was told in it; 0 for none.</summary>
    public int ToldPercent { get; init; }

    /// <summary>When it ceased to hold functions back, the last time that it did.</summary>
    public DateTimeOffset LiftedAt { get; init; }

    /// <summary>The same at <paramref name="now"/>: a new period begins with nothing told, and lets go what the one before held.</summary>
    public BudgetProgress At(DateTimeOffset now, BudgetPeriod period, BudgetAction action)
    {
        var start = BudgetTimes.StartOf(period, now);
        return start == PeriodStart ? this : new BudgetProgress
        {
            PeriodStart = start,
            LiftedAt = action != BudgetAction.Warn && ToldPercent >= 100 ? BudgetTimes.EndOf(period, PeriodStart) : LiftedAt,
        };
    }
}

/// <summary>How it is kept.</summary>
[JsonSerializable(typeof(BudgetProgress))]
internal sealed partial class BudgetJson : JsonSerializerContext;
