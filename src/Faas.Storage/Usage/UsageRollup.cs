using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Adds chunks to the stored sums: many at a time, because a batch of records of a thousand functions would otherwise cost thousands of updates. A chunk
/// is counted from the moment it is stored nevertheless, because whoever reads sums adds those chunks that are not in them yet.
/// </summary>
internal static class UsageRollup
{
    /// <summary>Records that may wait in chunks: more than a second's. Reading sums opens those chunks, which takes some ms.</summary>
    private const int WaitingMax = 50_000;

    private const string CountWaiting = "SELECT total(records) FROM usage_chunks WHERE is_summed = 0";

    private const string Columns = "invocations, errors, cold_starts, billed_ms, mib_ms, bytes_in, bytes_out, cost_pico, billed, cpu_us, peak_kib";

    private const string AddColumns =
        """
         DO UPDATE SET
            invocations = invocations + excluded.invocations,
            errors      = errors      + excluded.errors,
            cold_starts = cold_starts + excluded.cold_starts,
            billed_ms   = billed_ms   + excluded.billed_ms,
            mib_ms      = mib_ms      + excluded.mib_ms,
            bytes_in    = bytes_in    + excluded.bytes_in,
            bytes_out   = bytes_out   + excluded.bytes_out,
            cost_pico   = cost_pico   + excluded.cost_pico,
            billed      = billed      + excluded.billed,
            cpu_us      = cpu_us      + excluded.cpu_us,
            peak_kib    = max(peak_kib, excluded.peak_kib)
        """;

    private const string AddToTotal =
        $"INSERT INTO usage_totals ({Columns}, function) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (function) {AddColumns}";

    private const string AddToPeriod =
        $"""
        INSERT INTO usage_sums ({Columns}, period, start_s, function, revision, outcome, price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (period, start_s, function, revision, outcome, price) {AddColumns}
        """;

    /// <summary>Adds all waiting chunks when there are many.</summary>
    public static void RunIfDue(SqliteSession session)
    {
        using (var rows = session.Statement(CountWaiting).Read())
        {
            if (!rows.Next() || rows.Int64(0) < WaitingMax)
            {
                return;
            }
        }

        Run(session);
    }

    /// <summary>Adds all waiting chunks, of which the small ones become fewer.</summary>
    public static void Run(SqliteSession session)
    {
        var sums = UsageSums.OfUnsummed(session, UsagePeriod.Minute);
        var toTotal = session.Statement(AddToTotal);
        foreach (var (function, sum) in sums.ByFunction())
        {
            Bind(toTotal, sum);
            toTotal.Bind(12, function);
            toTotal.Run();
        }

        AddToPeriods(session, sums);
        UsageMerging.Run(session);
        session.Execute("UPDATE usage_chunks SET is_summed = 1 WHERE is_summed = 0");
    }

    /// <summary>Adds to minutes, hours and days only.</summary>
    public static void AddToPeriods(SqliteSession session, UsageSums sums)
    {
        var toPeriod = session.Statement(AddToPeriod);
        foreach (var period in Enum.GetValues<UsagePeriod>())
        {
            foreach (var (key, sum) in sums.By(period))
            {
                Bind(toPeriod, sum);
                toPeriod.Bind(12, (long)period);
                toPeriod.Bind(13, key.StartS);
                toPeriod.Bind(14, key.Function);
                toPeriod.Bind(15, key.Revision);
                toPeriod.Bind(16, (long)key.Outcome);
                toPeriod.Bind(17, key.Price);
                toPeriod.Run();
            }
        }
    }

    private static void Bind(SqliteStatement statement, in UsageSum sum)
    {
        statement.Bind(1, sum.Invocations);
        statement.Bind(2, sum.Errors);
        statement.Bind(3, sum.ColdStarts);
        statement.Bind(4, sum.BilledMs);
        statement.Bind(5, sum.MiBMs);
        statement.Bind(6, sum.BytesIn);
        statement.Bind(7, sum.BytesOut);
        statement.Bind(8, sum.CostPico);
        statement.Bind(9, sum.Billed);
        statement.Bind(10, sum.CpuUs);
        statement.Bind(11, sum.PeakKiB);
    }
}
