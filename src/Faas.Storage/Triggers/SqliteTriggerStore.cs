using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The triggers' table in the embedded store.</summary>
internal sealed class SqliteTriggerStore(SqliteWriter writer, SqliteReaders readers) : ITriggerStore
{
    private const string SaveState =
        """
        INSERT INTO triggers (id, function, is_paused, state, updated_us) VALUES (?, ?, 0, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated_us = excluded.updated_us
        """;

    private const string SetPaused =
        """
        INSERT INTO triggers (id, function, is_paused, state, updated_us) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET is_paused = excluded.is_paused, state = excluded.state, updated_us = excluded.updated_us
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredTrigger>> LoadAsync(CancellationToken ct) => await readers.ReadAsync(
        session => session.Query(
            "SELECT id, function, is_paused, state, updated_us FROM triggers ORDER BY id",
            row => new StoredTrigger(
                new TriggerKey(row.GetString(0), row.GetString(1)), row.GetInt64(2) != 0, row.GetString(3) is { Length: > 0 } state ? state : null,
                UnixMicroseconds.ToTime(row.GetInt64(4)))),
        ct);

    /// <inheritdoc/>
    public Task SaveStateAsync(TriggerKey trigger, string state, DateTimeOffset at, CancellationToken ct) => writer.WriteAsync(
        session => session.Statement(SaveState).With(trigger.Id, trigger.Function, state, UnixMicroseconds.From(at)).RunCounting(), ct);

    /// <inheritdoc/>
    public Task SetPausedAsync(TriggerKey trigger, bool isPaused, string? state, DateTimeOffset at, CancellationToken ct) => writer.WriteAsync(
        session => session.Statement(SetPaused).With(trigger.Id, trigger.Function, isPaused ? 1 : 0, state ?? "", UnixMicroseconds.From(at)).RunCounting(), ct);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(TriggerKey trigger, CancellationToken ct) =>
        await writer.WriteAsync(session => session.Statement("DELETE FROM triggers WHERE id = ?").With(trigger.Id).RunCounting(), ct) > 0;
}
