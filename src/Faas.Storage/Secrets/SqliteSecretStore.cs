using System.Text;
using Faas.Contracts.Functions;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The secrets' table in the embedded store.</summary>
internal sealed class SqliteSecretStore(SqliteWriter writer, SqliteReaders readers, SecretKey key) : ISecretStore
{
    private const string Set =
        """
        INSERT INTO secrets (name, envelope, updated_us) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET envelope = excluded.envelope, updated_us = excluded.updated_us
        """;

    /// <inheritdoc/>
    public Task SetAsync(string name, string value, DateTimeOffset at, CancellationToken ct)
    {
        if (!SecretText.IsName(name) || Encoding.UTF8.GetByteCount(value) is 0 or > SecretText.ValueBytesMax)
        {
            throw new ArgumentException("No secret's name, or no secret's value.", nameof(name));
        }

        ReadOnlyMemory<byte> envelope = SecretEnvelope.Seal(key, name, value);
        return writer.WriteAsync(session => session.Statement(Set).With(name, envelope, UnixMicroseconds.From(at)).RunCounting(), ct);
    }

    /// <inheritdoc/>
    public async Task<string?> FindAsync(string name, CancellationToken ct)
    {
        var envelope = await readers.ReadAsync(session => FindEnvelope(session, name), ct);
        return envelope is null ? null : SecretEnvelope.Open(key, name, envelope);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredSecret>> ListAsync(CancellationToken ct) => await readers.ReadAsync(List, ct);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, CancellationToken ct) =>
        await writer.WriteAsync(session => session.Statement("DELETE FROM secrets WHERE name = ?").With(name).RunCounting(), ct) > 0;

    private static byte[]? FindEnvelope(SqliteSession session, string name)
    {
        using var rows = session.Statement("SELECT envelope FROM secrets WHERE name = ?").With(name).Read();
        return rows.Next() ? rows.Blob(0).ToArray() : null;
    }

    private List<StoredSecret> List(SqliteSession session)
    {
        var found = new List<StoredSecret>();
        using var rows = session.Statement("SELECT name, envelope, updated_us FROM secrets ORDER BY name").Read();
        while (rows.Next())
        {
            var name = rows.Text(0);
            found.Add(new StoredSecret(name, UnixMicroseconds.ToTime(rows.Int64(2)), SecretEnvelope.ProblemOf(key, name, rows.Blob(1))));
        }

        return found;
    }
}
