using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>Sums by function and outcome since the beginning.</summary>
public sealed class UsageCountersTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private long _position;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task They_are_the_sums_of_all_records_also_of_those_that_were_pruned()
    {
        await using var store = await _folder.OpenAsync();
        await AddAsync(store, Noon, InvocationError.None, 3);
        await AddAsync(store, Noon, InvocationError.Timeout, 2);
        await AddAsync(store, Noon.AddDays(40), InvocationError.None, 4);
        await store.PruneAsync(Noon.AddDays(30), Ct);
        var sums = await store.Counters.ReadAsync(Noon.AddDays(40), Ct);
        Assert.Equal(7, sums[new UsageCountKey("f", InvocationError.None)].Invocations);
        Assert.Equal(2, sums[new UsageCountKey("f", InvocationError.Timeout)].Invocations);
        var totals = await store.TotalsAsync("f", Ct);
        Assert.Equal(
            (totals.Invocations, totals.ColdStarts, totals.BilledMs, totals.BytesIn, totals.BytesOut, totals.Cost),
            (sums.Values.Sum(sum => sum.Invocations), sums.Values.Sum(sum => sum.ColdStarts), sums.Values.Sum(sum => sum.BilledMs), sums.Values.Sum(sum => sum.BytesIn),
                sums.Values.Sum(sum => sum.BytesOut), PicoMoney.ToAmount(sums.Values.Sum(sum => sum.CostPico))));
    }

    [Fact]
    public async Task Days_that_are_over_are_added_up_once()
    {
        await using var store = await _folder.OpenAsync();
        for (var day = 0; day < 10; day++)
        {
            await AddAsync(store, Noon.AddDays(day), InvocationError.None, 1);
            await store.PruneAsync(Noon.AddDays(day).AddHours(-1), Ct);   // which moves what is there into the sums
            Assert.Equal(day + 1, await CountAsync(store, Noon.AddDays(day)));
        }

        Assert.Equal(1, store.Counters.Recounts);
    }

    [Fact]
    public async Task Usage_of_a_day_long_over_is_counted_when_it_comes_at_last()
    {
        await using var store = await _folder.OpenAsync();
        await AddAsync(store, Noon.AddDays(20), InvocationError.None, 1);
        Assert.Equal(1, await CountAsync(store, Noon.AddDays(20)));
        await AddAsync(store, Noon, InvocationError.None, 5);
        Assert.Equal(6, await CountAsync(store, Noon.AddDays(20)));
        await AddAsync(store, Noon.AddDays(20), InvocationError.None, 60_000);   // so many that they are moved into the sums
        Assert.Equal(60_006, await CountAsync(store, Noon.AddDays(20)));
        Assert.Equal(2, store.Counters.Recounts);
        Assert.Equal(60_006, await CountAsync(store, Noon.AddDays(20)));
        Assert.Equal(2, store.Counters.Recounts);
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task A_clock_that_is_wrong_changes_no_sum(int days)
    {
        await using var store = await _folder.OpenAsync();
        await AddAsync(store, Noon, InvocationError.None, 5);
        Assert.Equal(5, await CountAsync(store, Noon.AddDays(days)));
        await AddAsync(store, Noon.AddDays(-5), InvocationError.None, 60_000);
        Assert.Equal(60_005, await CountAsync(store, Noon));
        Assert.Equal(60_005, await CountAsync(store, Noon.AddDays(-days)));
    }

    [Fact]
    public async Task What_is_in_the_totals_only_has_an_unknown_outcome()
    {
        await using var store = await _folder.OpenAsync();
        await AddAsync(store, Noon, InvocationError.None, 5);
        await store.Writer.WriteAsync(
            session =>
            {
                // As in a database of the first version whose records had been pruned before it had sums by day.
                session.Execute("INSERT INTO usage_totals (function, invocations, errors, cold_starts, billed_ms, mib_ms, bytes_in, bytes_out, cost_pico) VALUES ('f', 7, 1, 2, 3, 4, 5, 6, 8)");
                return 0;
            },
            Ct);
        var sums = await store.Counters.ReadAsync(Noon, Ct);
        Assert.Equal(new UsageSum(7, 1, 2, 3, 4, 5, 6, 8, Billed: 0, CpuUs: 0, PeakKiB: 0), sums[new UsageCountKey("f", null)]);
        Assert.Equal(5, sums[new UsageCountKey("f", InvocationError.None)].Invocations);
        Assert.Equal(12, await CountAsync(store, Noon));
        Assert.Equal(1, store.Counters.Recounts);
    }

    private static async Task<long> CountAsync(SqliteStore store, DateTimeOffset now) => (await store.Counters.ReadAsync(now, Ct)).Values.Sum(sum => sum.Invocations);

    private async Task AddAsync(SqliteStore store, DateTimeOffset at, InvocationError outcome, int count)
    {
        List<UsageRecord> records = [.. Enumerable.Range(0, count).Select(i => Usage($"{_position}-{i}", "f") with { ReceivedAt = at.AddSeconds(i % 60), Outcome = outcome })];
        await store.IngestAsync(new("boot", 0, _position, _position + 1), records, Ct);
        _position++;
    }
}
