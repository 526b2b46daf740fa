using Faas.Link;

namespace Faas.Controller.Budgets;

/// <summary>What a spent budget leaves a function.</summary>
/// <param name="PerSecond">Invocations a second; 0 when it is stopped.</param>
/// <param name="Until">The end of the budget's period.</param>
/// <param name="Detail">For callers: which budget, and what to do.</param>
internal sealed record BudgetHold(double PerSecond, DateTimeOffset Until, string Detail)
{
    /// <summary>Whichever leaves less; of two that leave as much the one that lasts longer.</summary>
    public static BudgetHold? Stricter(BudgetHold? one, BudgetHold? other) =>
        one is null ? other
        : other is null || one.PerSecond < other.PerSecond || (one.PerSecond.Equals(other.PerSecond) && one.Until >= other.Until) ? one
        : other;

    public BudgetLimit ToMessage() => new() { PerSecond = PerSecond, UntilUnixMs = Until.ToUnixTimeMilliseconds(), Detail = Detail };
}
