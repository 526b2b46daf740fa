namespace Faas.Storage;

/// <summary>
/// Budgets, and what was told and done because of them. Durable like <see cref="IFunctionStore"/>; every write may be repeated safely. The store decides nothing: what is spent is in the ledger.
/// </summary>
public interface IBudgetStore
{
    /// <summary>All budgets, by id.</summary>
    Task<IReadOnlyList<StoredBudget>> ListAsync(CancellationToken ct);

    /// <summary>Keeps a budget, in place of an earlier one with its id.</summary>
    Task SaveAsync(StoredBudget budget, CancellationToken ct);

    /// <summary>Replaces the state of a budget. False when there is no such budget (any more).</summary>
    Task<bool> SaveStateAsync(string id, string state, CancellationToken ct);

    /// <summary>Forgets a budget. False when there is none.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken ct);
}

/// <summary>A budget as it is kept.</summary>
/// <param name="Id">Its id, unique on the platform.</param>
/// <param name="Spec">What its user wrote, JSON; the store does not look into it.</param>
/// <param name="State">How far it has come, JSON.</param>
public sealed record StoredBudget(string Id, string Spec, string State);
