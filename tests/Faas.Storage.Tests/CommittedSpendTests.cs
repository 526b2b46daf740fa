using Faas.Contracts.Invocations;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

/// <summary>What the ledger tells of the cost of the records that it takes in.</summary>
public sealed class CommittedSpendTests : IAsyncLifetime
{
    private const int Day = 20_779;   // 2026-11-22

    private readonly StoreFolder _folder = new();
    private readonly List<UsageSpend> _told = [];   // written by the store's thread before the writes that are awaited end
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await _folder.OpenAsync();
        _store.SpendCommitted = _told.AddRange;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Records_are_told_by_function_and_day_before_their_writer_knows_that_they_are_stored()
    {
        await _store.IngestAsync(
            new("boot", 0, 0, 10), [Usage("a", cost: 0.000000000003m), Usage("b", "other"), Usage("c", cost: 0.000000000004m), Usage("d", second: 43_200), Usage("e", second: -43_201), Usage("free", cost: 0)], Ct);
        Assert.Equal(
            [new("hello", Day - 1, 1), new("hello", Day, 7), new("hello", Day + 1, 1), new UsageSpend("other", Day, 1)],
            _told.OrderBy(spend => spend.Function, StringComparer.Ordinal).ThenBy(spend => spend.Day));
    }

    [Fact]
    public async Task A_batch_that_comes_again_is_told_once()
    {
        for (var time = 0; time < 3; time++)
        {
            await _store.IngestAsync(new("boot", 0, 0, 10), [Usage("a")], Ct);
        }

        Assert.Equal(1, _told.Sum(spend => spend.CostPico));
    }

    [Fact]
    public async Task What_is_undone_is_not_told_and_neither_is_what_shares_its_chunk_told_again()
    {
        await _store.IngestAsync(new("boot", 0, 0, 10), [Usage("a")], Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _store.IngestAsync(
            new("boot", 0, 10, 20),
            chunk =>
            {
                chunk.Add(Usage("b"));
                throw new InvalidOperationException("damaged");
            },
            Ct));
        await Assert.ThrowsAsync<UsageGapException>(() => _store.IngestAsync(new("boot", 0, 5, 20), [Usage("c")], Ct));
        await _store.IngestAsync(new("boot", 0, 10, 20), [Usage("d")], Ct);
        Assert.Equal(2, _told.Sum(spend => spend.CostPico));
    }

    [Fact]
    public async Task What_a_restarted_store_reads_back_is_not_told_again()
    {
        await _store.IngestAsync(new("boot", 0, 0, 10), [Usage("a")], Ct);
        await _store.DisposeAsync();
        _store = await _folder.OpenAsync();
        _store.SpendCommitted = _told.AddRange;
        await _store.IngestAsync(new("boot", 0, 10, 20), [Usage("b")], Ct);
        Assert.Equal(2, _told.Sum(spend => spend.CostPico));
    }

    [Fact]
    public async Task The_attempts_of_events_are_told_when_their_ends_are_stored()
    {
        await _store.Queue.EnqueueAsync(QueueSample.Entry("a"), QueueSample.Body("x"), QueueSample.LeaseUntil(Noon.AddMinutes(1)), Ct);
        var end = QueueSample.End(new ClaimKey("a", 1), InvocationState.Succeeded) with { Usage = Usage("a", cost: 0.000000000005m) };
        Assert.True(await _store.Queue.EndAsync(end, Ct));
        Assert.False(await _store.Queue.EndAsync(end, Ct));
        Assert.Equal([new UsageSpend("hello", Day, 5)], _told);
    }

    [Fact]
    public async Task All_that_was_told_is_what_the_sums_say()
    {
        for (var batch = 0; batch < 40; batch++)
        {
            UsageRecord[] records = [.. Enumerable.Range(0, 300).Select(n => Usage($"{batch}-{n}", $"f{n % 7}", (n + batch) * 0.000000000001m, second: n * 977 % 90_000))];
            await _store.IngestAsync(new("boot", 0, batch, batch + 1), records, Ct);
        }

        var sums = (await _store.SumsAsync(UsagePeriod.Day, Noon.AddDays(-9), Noon.AddDays(9), Ct))
            .ToDictionary(sum => (sum.Function, (int)(sum.Start - DateTimeOffset.UnixEpoch).TotalDays), sum => PicoMoney.FromAmount(sum.Totals.Cost));
        Assert.Equal(sums, _told.GroupBy(spend => (spend.Function, spend.Day)).ToDictionary(group => group.Key, group => group.Sum(spend => spend.CostPico)));
    }
}
