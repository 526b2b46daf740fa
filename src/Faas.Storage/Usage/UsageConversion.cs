using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Moves the records of a database from before chunks, which had a row for each, into chunks: about 5 s a million, once, when the store is opened.
/// A crash in between leaves the rest for the next time. They are in the totals already, and come into the hours and days here.
/// </summary>
internal static class UsageConversion
{
    private const int RecordsOfChunk = 512;

    /// <summary>Chunks of one transaction, so that the log stays small.</summary>
    private const int AtOnce = 32;

    private const string Rows =
        """
        SELECT invocation_id, function, revision, instance, received_us, queued_us, cold_us, run_us, billed_ms, memory_mib,
            bytes_in, bytes_out, status, outcome, cost_pico, id FROM usage_rows ORDER BY id LIMIT $count
        """;

    /// <summary>Totals of that time do not know which invocations were billed; days do, once all rows are in them.</summary>
    private const string CountBilled =
        """
        UPDATE usage_totals SET billed = days.billed
            FROM (SELECT function, sum(billed) AS billed FROM usage_sums WHERE period = 86400 GROUP BY function) AS days WHERE days.function = usage_totals.function
        """;

    public static void Run(SqliteSession session)
    {
        while (session.Scalar("SELECT 1 FROM sqlite_master WHERE name = 'usage_rows'") is not null)
        {
            session.InTransaction(MoveSome);
        }
    }

    private static void MoveSome(SqliteSession session)
    {
        var rows = session.Query(Rows, row => (Id: row.GetInt64(15), Record: ReadRecord(row)), ("$count", RecordsOfChunk * AtOnce));
        var sums = new UsageSums(UsagePeriod.Minute);
        foreach (var some in rows.Chunk(RecordsOfChunk))
        {
            var chunk = new UsageChunk(some.Length);
            foreach (var (_, record) in some)
            {
                chunk.Add(record);
            }

            sums.Add(chunk.ToBytes());
            UsageChunks.Insert(session, chunk, isSummed: true);
        }

        UsageRollup.AddToPeriods(session, sums);
        if (rows.Count > 0)
        {
            session.Execute("DELETE FROM usage_rows WHERE id <= $last", ("$last", rows[^1].Id));
        }
        else
        {
            session.Execute(CountBilled);
            session.Execute("DROP TABLE usage_rows");
        }
    }

    private static UsageRecord ReadRecord(SqliteDataReader row) => new()
    {
        InvocationId = row.GetString(0),
        Function = row.GetString(1),
        Revision = row.GetString(2),
        Instance = row.GetString(3),
        ReceivedAt = UnixMicroseconds.ToTime(row.GetInt64(4)),
        Queued = UnixMicroseconds.ToDuration(row.GetInt64(5)),
        Cold = UnixMicroseconds.ToDuration(row.GetInt64(6)),
        Run = UnixMicroseconds.ToDuration(row.GetInt64(7)),
        BilledMs = row.GetInt64(8),
        MemoryMiB = row.GetInt32(9),
        BytesIn = row.GetInt64(10),
        BytesOut = row.GetInt64(11),
        Status = row.GetInt32(12),
        Outcome = (InvocationError)row.GetInt32(13),
        Cost = PicoMoney.ToAmount(row.GetInt64(14)),
    };
}
