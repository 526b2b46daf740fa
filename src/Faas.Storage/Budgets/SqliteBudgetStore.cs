using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The budgets' table in the embedded store.</summary>
internal sealed class SqliteBudgetStore(SqliteWriter writer, SqliteReaders readers) : IBudgetStore
{
    private const string Save =
        """
        INSERT INTO budgets (id, spec, state) VALUES (?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET spec = excluded.spec, state = excluded.state
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredBudget>> ListAsync(CancellationToken ct) => await readers.ReadAsync(
        session => session.Query("SELECT id, spec, state FROM budgets ORDER BY id", row => new StoredBudget(row.GetString(0), row.GetString(1), row.GetString(2))), ct);

    /// <inheritdoc/>
    public Task SaveAsync(StoredBudget budget, CancellationToken ct) =>
        writer.WriteAsync(session => session.Statement(Save).With(budget.Id, budget.Spec, budget.State).RunCounting(), ct);

    /// <inheritdoc/>
    public async Task<bool> SaveStateAsync(string id, string state, CancellationToken ct) =>
        await writer.WriteAsync(session => session.Statement("UPDATE budgets SET state = ? WHERE id = ?").With(state, id).RunCounting(), ct) > 0;

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string id, CancellationToken ct) =>
        await writer.WriteAsync(session => session.Statement("DELETE FROM budgets WHERE id = ?").With(id).RunCounting(), ct) > 0;
}
