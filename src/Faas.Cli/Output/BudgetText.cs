using System.Globalization;
using Faas.Contracts.Api;

namespace Faas.Cli.Output;

/// <summary>What <c>faas describe</c> says about the budgets that a function spends.</summary>
internal static class BudgetText
{
    /// <summary>A text for each of the budgets that is for the function.</summary>
    public static IEnumerable<string> Lines(IEnumerable<BudgetDescription> budgets, string function) =>
        from budget in budgets
        where BudgetKey.TryParse(budget.Id, out var key) && key.Covers(function)
        select Describe(budget);

    private static string Describe(BudgetDescription budget)
    {
        var spec = budget.Spec;
        var whose = budget.Function is not null ? "" : budget.Namespace is { Length: > 0 } space ? $" of namespace {space}" : " of functions without a namespace";
        var state = budget.State == BudgetState.Within ? "" : $": {budget.State.ToString().ToLowerInvariant()}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Text.Cost(budget.Spent)} of {spec.Amount:0.############} {budget.Currency} a {budget.Period.ToString().ToLowerInvariant()}{whose} ({decimal.Floor(budget.Spent * 100 / spec.Amount):0}%), then {ThenOf(spec)}{state}");
    }

    /// <summary>What happens when it is spent.</summary>
    public static string ThenOf(BudgetSpec spec) => spec.Action == BudgetAction.Throttle ? $"throttle to {Text.Number(spec.RatePerSecond)}/s" : spec.Action.ToString().ToLowerInvariant();
}
