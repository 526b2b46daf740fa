using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The prices' table in the embedded store.</summary>
internal sealed class SqlitePriceStore(SqliteWriter writer, SqliteReaders readers) : IPriceStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredPrices>> ListAsync(CancellationToken ct) => await readers.ReadAsync(
        session => session.Query(
            "SELECT version, since_us, terms FROM prices ORDER BY version",
            row => new StoredPrices(row.GetInt32(0), UnixMicroseconds.ToTime(row.GetInt64(1)), row.GetString(2))),
        ct);

    /// <inheritdoc/>
    public Task<int> AddAsync(DateTimeOffset since, string terms, CancellationToken ct) => writer.WriteAsync(
        session =>
        {
            session.Statement("INSERT INTO prices (since_us, terms) VALUES (?, ?)").With(UnixMicroseconds.From(since), terms).RunCounting();
            return (int)(long)session.Scalar("SELECT max(version) FROM prices")!;   // it was just added
        },
        ct);
}
