using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage;

/// <summary>The SQL that reads usage records and totals.</summary>
internal static class UsageQueries
{
    private const string Columns =
        """
        SELECT invocation_id, function, revision, instance, received_us, queued_us, cold_us, run_us, billed_ms, memory_mib,
            gib_seconds, bytes_in, bytes_out, status, outcome, blame, cost_pico FROM usage
        """;

    private const string NewestFirst = " ORDER BY received_us DESC, id DESC LIMIT $limit";

    private const string TotalColumns =
        "SELECT invocations, errors, cold_starts, billed_ms, gib_seconds, bytes_in, bytes_out, cost_pico, function FROM usage_totals";

    /// <summary>One statement for each filter, so that each uses its index.</summary>
    public static List<UsageRecord> List(SqliteSession session, string? function, string? invocationId, int limit) => (function, invocationId) switch
    {
        (null, null) => session.Query(Columns + NewestFirst, ReadRecord, ("$limit", limit)),
        (_, null) => session.Query(Columns + " WHERE function = $function" + NewestFirst, ReadRecord, ("$function", function), ("$limit", limit)),
        (null, _) => session.Query(Columns + " WHERE invocation_id = $id" + NewestFirst, ReadRecord, ("$id", invocationId), ("$limit", limit)),
        _ => session.Query(
            Columns + " WHERE invocation_id = $id AND function = $function" + NewestFirst, ReadRecord,
            ("$id", invocationId), ("$function", function), ("$limit", limit)),
    };

    public static Dictionary<string, UsageTotals> Totals(SqliteSession session, string currency) => session
        .Query(TotalColumns, row => KeyValuePair.Create(row.GetString(8), ReadTotals(row, currency)))
        .ToDictionary(StringComparer.Ordinal);

    public static UsageTotals Totals(SqliteSession session, string function, string currency) =>
        session.Query(TotalColumns + " WHERE function = $function", row => ReadTotals(row, currency), ("$function", function)) is [var totals]
            ? totals
            : new UsageTotals(0, 0, 0, 0, 0, 0, 0, 0, currency);

    /// <summary>Removes at most <paramref name="countMax"/> records; the caller repeats it, so that other writes get their turn in between.</summary>
    public static int Prune(SqliteSession session, DateTimeOffset before, int countMax) => session.Execute(
        "DELETE FROM usage WHERE id IN (SELECT id FROM usage WHERE received_us < $before LIMIT $count)",
        ("$before", UnixMicroseconds.From(before)), ("$count", countMax));

    private static UsageTotals ReadTotals(SqliteDataReader row, string currency) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetDouble(4), row.GetInt64(5), row.GetInt64(6),
        PicoMoney.ToAmount(row.GetInt64(7)), currency);

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
        GiBSeconds = row.GetDouble(10),
        BytesIn = row.GetInt64(11),
        BytesOut = row.GetInt64(12),
        Status = row.GetInt32(13),
        Outcome = (InvocationError)row.GetInt32(14),
        Blame = (Blame)row.GetInt32(15),
        Cost = PicoMoney.ToAmount(row.GetInt64(16)),
    };
}
