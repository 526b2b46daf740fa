using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>A database from when each usage record was a row.</summary>
public sealed class UsageConversionTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Its_records_and_totals_are_there_and_new_ones_are_added_to_them()
    {
        Create(20_000);
        await using var store = await _folder.OpenAsync();

        Assert.Equal(Row(19_999), (await store.ListAsync(null, null, 1, Ct))[0]);
        Assert.Equal(Row(77), Assert.Single(await store.ListAsync(null, "call-77", 10, Ct)));
        Assert.Equal(10_000, (await store.ListAsync("f1", null, 10_000, Ct)).Count);
        var total = (await store.TotalsAsync(Ct))["f0"];
        Assert.Equal((10_000, 20_000, 5.0, 0.00000001m), (total.Invocations, total.BilledMs, total.GiBSeconds, total.Cost));
        Assert.Equal(20_000, (await store.SumsAsync(UsagePeriod.Day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct)).Sum(day => day.Totals.Invocations));
        Assert.Equal(20_000, (await store.SumsAsync(UsagePeriod.Hour, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct)).Sum(hour => hour.Totals.Invocations));
        Assert.Equal(0L, await store.Writer.WriteAsync(session => session.Scalar("SELECT count(*) FROM sqlite_master WHERE name LIKE 'usage_rows%'"), Ct));

        Assert.Equal(500, await store.IngestAsync(new("old boot", 3, 400, 500), [], Ct));   // its positions hold
        await store.IngestAsync(new("old boot", 3, 500, 501), [Usage("new", "f0")], Ct);
        Assert.Equal(10_001, (await store.TotalsAsync("f0", Ct)).Invocations);
    }

    [Fact]
    public async Task What_a_crash_left_of_it_is_converted_the_next_time()
    {
        Create(100);
        await (await _folder.OpenAsync()).DisposeAsync();
        using (var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWrite))
        {
            // As if the last row had not been moved yet.
            session.Execute("CREATE TABLE usage_rows AS SELECT * FROM (SELECT 1 AS id, 'left' AS invocation_id, 'f0' AS function, 'r' AS revision, 'i' AS instance, "
                + "0 AS received_us, 0 AS queued_us, 0 AS cold_us, 0 AS run_us, 0 AS billed_ms, 0 AS memory_mib, 0 AS bytes_in, 0 AS bytes_out, 200 AS status, 0 AS outcome, 0 AS cost_pico)");
        }

        await using var store = await _folder.OpenAsync();
        Assert.Equal(101, (await store.ListAsync(null, null, 1000, Ct)).Count);
        Assert.Single(await store.ListAsync(null, "left", 10, Ct));
    }

    [Fact]
    public async Task Sums_from_before_prices_had_versions_are_those_of_version_0()
    {
        Directory.CreateDirectory(_folder.Path);
        using (var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWriteCreate))
        {
            SqliteSchema.Migrate(session, _folder.Database, [.. SqliteSchema.Migrations.Take(5)]);
            session.Execute("INSERT INTO usage_sums VALUES (86400, 1792627200, 'f', 'r', 0, 3, 0, 1, 6, 1536, 30, 60, 7), (86400, 1792627200, 'f', 'r', 9, 2, 2, 0, 0, 0, 0, 0, 0)");
            session.Execute("INSERT INTO usage_totals (function, invocations, errors, cold_starts, billed_ms, bytes_in, bytes_out, cost_pico, mib_ms) VALUES ('f', 5, 2, 1, 6, 30, 60, 7, 1536)");
        }

        await using var store = await _folder.OpenAsync();
        var days = await store.SumsAsync(UsagePeriod.Day, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Ct);
        Assert.Equal([(InvocationError.None, 0, 3, 3), ((InvocationError)9, 0, 2, 0)], days.Select(day => (day.Outcome, day.Price, (int)day.Totals.Invocations, (int)day.Totals.Billed)));
        Assert.Equal(3, (await store.TotalsAsync("f", Ct)).Billed);
    }

    private static UsageRecord Row(int number) => Usage($"call-{number}", $"f{number % 2}", second: number) with { Outcome = InvocationError.Crashed, Blame = Blame.Function };

    /// <summary>A database as the first version made it.</summary>
    private void Create(int records)
    {
        Directory.CreateDirectory(_folder.Path);
        using var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWriteCreate);
        session.Scalar("PRAGMA journal_mode = WAL");
        SqliteSchema.Migrate(session, _folder.Database, [SqliteSchema.Migrations[0]]);
        session.Execute("BEGIN");
        for (var i = 0; i < records; i++)
        {
            var row = Row(i);
            session.Execute(
                """
                INSERT INTO usage (invocation_id, function, revision, instance, received_us, queued_us, cold_us, run_us, billed_ms, memory_mib,
                    gib_seconds, bytes_in, bytes_out, status, outcome, blame, cost_pico)
                VALUES ($id, $function, 'r1', 'i1', $received, 11, 4700, 1234, 2, 256, 0.0005, 10, 20, 200, $outcome, $blame, 1)
                """,
                ("$id", row.InvocationId), ("$function", row.Function), ("$received", UnixMicroseconds.From(row.ReceivedAt)),
                ("$outcome", (long)row.Outcome), ("$blame", (long)row.Blame));
        }

        session.Execute(
            """
            INSERT INTO usage_totals (function, invocations, errors, cold_starts, billed_ms, gib_seconds, bytes_in, bytes_out, cost_pico)
            SELECT function, count(*), count(*), count(*), sum(billed_ms), sum(gib_seconds), sum(bytes_in), sum(bytes_out), sum(cost_pico) FROM usage GROUP BY function
            """);
        session.Execute("INSERT INTO usage_positions (boot, segment, position) VALUES ('old boot', 3, 500)");
        session.Execute("COMMIT");
    }
}
