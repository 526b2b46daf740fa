using Faas.Contracts.Api;
using Faas.Controller.Budgets;
using Faas.Storage;

namespace Faas.Controller.Metrics;

/// <summary>Budgets, and how far they have come.</summary>
internal sealed class BudgetSection(BudgetBook book) : IMetricSection
{
    private static readonly BudgetState[] States = Enum.GetValues<BudgetState>();

    /// <inheritdoc/>
    public string Name => "budgets";

    /// <inheritdoc/>
    public Task WriteAsync(MetricsText text, FunctionLabels labels, CancellationToken ct)
    {
        var budgets = book.All;
        text.Family("faas_budget_amount", "gauge", "What may be spent in the running period, in the currency of the prices.");
        foreach (var (budget, _) in budgets)
        {
            text.Sample(budget.Spec.Amount, ("budget", budget.Key.Id));
        }

        text.Family("faas_budget_spent", "gauge", "What is spent in the running period.");
        foreach (var (budget, spent) in budgets)
        {
            text.Sample(PicoMoney.ToAmount(spent), ("budget", budget.Key.Id));
        }

        text.Family("faas_budget_state", "gauge", "What the budget does: 1 for within, exceeded (and told), throttled or stopped.");
        foreach (var (budget, spent) in budgets)
        {
            foreach (var state in States)
            {
                text.Sample(budget.StateAt(spent) == state ? 1 : 0, ("budget", budget.Key.Id), ("state", state.ToString().ToLowerInvariant()));
            }
        }

        return Task.CompletedTask;
    }
}
