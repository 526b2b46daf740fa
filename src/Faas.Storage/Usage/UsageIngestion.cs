using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL that takes in usage records. Runs inside the writer's transaction, which is what makes it exactly-once.</summary>
internal static class UsageIngestion
{
    private const string InsertRecord =
        """
        INSERT INTO usage (invocation_id, function, revision, instance, received_us, queued_us, cold_us, run_us, billed_ms, memory_mib,
            gib_seconds, bytes_in, bytes_out, status, outcome, blame, cost_pico)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    public static long Ingest(SqliteSession session, UsagePosition position, IReadOnlyList<UsageRecord> records)
    {
        var found = session.Scalar(
            "SELECT position FROM usage_positions WHERE boot = $boot AND segment = $segment", ("$boot", position.Boot), ("$segment", position.Segment));
        if (found is long stored)
        {
            if (position.To <= stored)
            {
                return stored;
            }

            if (position.From != stored)
            {
                throw new UsageGapException(position, stored);
            }
        }

        var insert = session.Statement(InsertRecord);
        var sums = new Dictionary<string, UsageSum>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            var pico = PicoMoney.FromAmount(record.Cost);
            Insert(insert, record, pico);
            sums[record.Function] = sums.GetValueOrDefault(record.Function).With(record, pico);
        }

        foreach (var (function, sum) in sums)
        {
            AddToTotals(session, function, sum);
        }

        session.Execute(
            """
            INSERT INTO usage_positions (boot, segment, position) VALUES ($boot, $segment, $position)
            ON CONFLICT (boot, segment) DO UPDATE SET position = excluded.position
            """,
            ("$boot", position.Boot), ("$segment", position.Segment), ("$position", position.To));
        return position.To;
    }

    private static void Insert(SqliteStatement insert, UsageRecord record, long pico)
    {
        insert.Bind(1, record.InvocationId);
        insert.Bind(2, record.Function);
        insert.Bind(3, record.Revision);
        insert.Bind(4, record.Instance);
        insert.Bind(5, UnixMicroseconds.From(record.ReceivedAt));
        insert.Bind(6, UnixMicroseconds.From(record.Queued));
        insert.Bind(7, UnixMicroseconds.From(record.Cold));
        insert.Bind(8, UnixMicroseconds.From(record.Run));
        insert.Bind(9, record.BilledMs);
        insert.Bind(10, record.MemoryMiB);
        insert.Bind(11, record.GiBSeconds);
        insert.Bind(12, record.BytesIn);
        insert.Bind(13, record.BytesOut);
        insert.Bind(14, record.Status);
        insert.Bind(15, (long)record.Outcome);
        insert.Bind(16, (long)record.Blame);
        insert.Bind(17, pico);
        insert.Run();
    }

    private static void AddToTotals(SqliteSession session, string function, UsageSum sum) => session.Execute(
        """
        INSERT INTO usage_totals (function, invocations, errors, cold_starts, billed_ms, gib_seconds, bytes_in, bytes_out, cost_pico)
        VALUES ($function, $invocations, $errors, $cold, $billed, $gib, $in, $out, $cost)
        ON CONFLICT (function) DO UPDATE SET
            invocations = invocations + excluded.invocations,
            errors      = errors      + excluded.errors,
            cold_starts = cold_starts + excluded.cold_starts,
            billed_ms   = billed_ms   + excluded.billed_ms,
            gib_seconds = gib_seconds + excluded.gib_seconds,
            bytes_in    = bytes_in    + excluded.bytes_in,
            bytes_out   = bytes_out   + excluded.bytes_out,
            cost_pico   = cost_pico   + excluded.cost_pico
        """,
        ("$function", function), ("$invocations", sum.Invocations), ("$errors", sum.Errors), ("$cold", sum.ColdStarts), ("$billed", sum.BilledMs),
        ("$gib", sum.GiBSeconds), ("$in", sum.BytesIn), ("$out", sum.BytesOut), ("$cost", sum.CostPico));
}
