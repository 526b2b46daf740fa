using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The table of memory times in the embedded store.</summary>
internal sealed class SqliteMemoryTimes(SqliteWriter writer, SqliteReaders readers) : IMemoryTimeStore
{
    /// <summary>The migration that makes it.</summary>
    public const string CreateTable =
        """
        -- MiB-microseconds that instances and stems were allotted. Never pruned: a row for each function that has had an instance on a day.
        CREATE TABLE memory_times (
            day      INTEGER NOT NULL,      -- days since 1970
            function TEXT NOT NULL,         -- empty: the platform
            state    INTEGER NOT NULL,      -- MemoryState
            price    INTEGER NOT NULL,      -- version of the prices
            mib_us   INTEGER NOT NULL,
            PRIMARY KEY (day, function, state, price)
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Upsert =
        """
        INSERT INTO memory_times (day, function, state, price, mib_us) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (day, function, state, price) DO UPDATE SET mib_us = mib_us + excluded.mib_us
        """;

    private const string SelectDays = "SELECT day, function, state, price, mib_us FROM memory_times WHERE day >= ? AND day < ?";

    private const string SelectTotals = "SELECT function, state, sum(mib_us) FROM memory_times GROUP BY function, state";

    private static readonly DateOnly Epoch = new(1970, 1, 1);

    /// <inheritdoc/>
    public Task AddAsync(IReadOnlyDictionary<MemoryTimeKey, long> mibUs, CancellationToken ct) => writer.WriteAsync(
        session =>
        {
            foreach (var (key, added) in mibUs)
            {
                session.Statement(Upsert).With(NumberOf(key.Day), key.Function, (int)key.State, key.Price, added).Run();
            }

            return true;
        },
        ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<MemoryTimeKey, long>> ListAsync(DateOnly from, DateOnly to, CancellationToken ct) => await readers.ReadAsync(
        session =>
        {
            var times = new Dictionary<MemoryTimeKey, long>();
            using var rows = session.Statement(SelectDays).With(NumberOf(from), NumberOf(to)).Read();
            while (rows.Next())
            {
                times[new MemoryTimeKey(Epoch.AddDays((int)rows.Int64(0)), rows.Text(1), (MemoryState)rows.Int64(2), (int)rows.Int64(3))] = rows.Int64(4);
            }

            return times;
        },
        ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<(string Function, MemoryState State), long>> TotalsAsync(CancellationToken ct) => await readers.ReadAsync(
        session =>
        {
            var totals = new Dictionary<(string, MemoryState), long>();
            using var rows = session.Statement(SelectTotals).Read();
            while (rows.Next())
            {
                totals[(rows.Text(0), (MemoryState)rows.Int64(1))] = rows.Int64(2);
            }

            return totals;
        },
        ct);

    private static int NumberOf(DateOnly day) => day.DayNumber - Epoch.DayNumber;
}
