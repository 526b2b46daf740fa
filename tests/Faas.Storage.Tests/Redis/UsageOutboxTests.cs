using Faas.Contracts.Invocations;
using Faas.Storage.Redis;
using static Faas.Storage.Tests.QueueSample;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests.Redis;

public sealed class UsageOutboxTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly RedisQueueOptions _options = server.NewOptions();
    private StoreFolder _folder = null!;   // InitializeAsync runs before every test
    private RedisQueue _queue = null!;
    private SqliteStore _ledger = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RedisServer.Require();
        _folder = new StoreFolder();
        _queue = await RedisQueue.ConnectAsync(_options, Ct);
        _ledger = await _folder.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Two_drains_in_a_row_bill_each_attempt_once()
    {
        await EndAsync("a", "b", "c");
        Assert.Equal(3, await DrainAsync());
        Assert.Equal(0, await DrainAsync());
        await EndAsync("d");
        Assert.Equal(1, await DrainAsync());
        Assert.Equal(["a", "b", "c", "d"], await BilledAsync());
        Assert.Equal(Usage("a"), Assert.Single(await _ledger.ListAsync(null, "a", 10, Ct)));
    }

    [Fact]
    public async Task What_was_ingested_before_a_crash_and_not_removed_is_not_billed_again()
    {
        await EndAsync("a", "b");
        await Assert.ThrowsAsync<IOException>(() => new UsageOutboxDrain(_queue.Outbox, new LedgerThatEndsAfterwards(_ledger)).DrainAsync(Ct));
        Assert.Equal(["a", "b"], await BilledAsync());
        Assert.Equal(2, (await _queue.Outbox.ReadAsync(10, Ct)).Records.Count);

        Assert.Equal(2, await DrainAsync());
        Assert.Equal(0, await DrainAsync());
        Assert.Equal(["a", "b"], await BilledAsync());
    }

    [Fact]
    public async Task What_came_after_a_crash_between_ingestion_and_removal_is_billed_and_nothing_else_again()
    {
        await EndAsync("a", "b");
        await Assert.ThrowsAsync<IOException>(() => new UsageOutboxDrain(_queue.Outbox, new LedgerThatEndsAfterwards(_ledger)).DrainAsync(Ct));
        await EndAsync("c");

        Assert.Equal(2, await DrainAsync());
        Assert.Equal(1, await DrainAsync());
        Assert.Equal(["a", "b", "c"], await BilledAsync());
    }

    [Fact]
    public async Task A_batch_that_could_not_be_ingested_stays()
    {
        await EndAsync("a");
        await _ledger.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(DrainAsync);
        _ledger = await _folder.OpenAsync();
        Assert.Equal(1, await DrainAsync());
        Assert.Equal(["a"], await BilledAsync());
    }

    [Fact]
    public async Task Many_drains_at_once_bill_each_attempt_once_while_more_end()
    {
        const int attempts = 1500;   // three batches
        var ending = Task.WhenAll(Enumerable.Range(0, attempts).Select(i => EndAsync($"id{i:0000}")));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!ending.IsCompleted)
            {
                await DrainAsync();
            }
        }));
        await ending;
        while (await DrainAsync() > 0)
        {
        }

        Assert.Equal(Enumerable.Range(0, attempts).Select(i => $"id{i:0000}"), await BilledAsync());
    }

    [Fact]
    public async Task A_removal_that_is_repeated_does_nothing()
    {
        await EndAsync("a", "b", "c");
        var batch = await _queue.Outbox.ReadAsync(2, Ct);
        Assert.Equal((0, 2), (batch.Position, batch.Records.Count));
        Assert.Equal(2, await _queue.Outbox.RemoveAsync(batch, 2, Ct));
        Assert.Equal(0, await _queue.Outbox.RemoveAsync(batch, 2, Ct));

        var rest = await _queue.Outbox.ReadAsync(2, Ct);
        Assert.Equal((batch.Id, 2, "c"), (rest.Id, rest.Position, Assert.Single(rest.Records).InvocationId));
    }

    [Fact]
    public async Task After_Redis_was_emptied_what_ends_is_billed()
    {
        await EndAsync("a", "b");
        Assert.Equal(2, await DrainAsync());
        foreach (var key in await server.KeysAsync(_options.Prefix))
        {
            await server.ExecuteAsync("DEL", _options.Prefix + key);
        }

        await EndAsync("c");
        Assert.Equal(1, await DrainAsync());
        Assert.Equal(["a", "b", "c"], await BilledAsync());
    }

    [Fact]
    public async Task A_ledger_that_was_restored_from_an_older_copy_bills_what_ends_from_then_on()
    {
        await EndAsync("a");
        await DrainAsync();
        using var copy = new StoreFolder();
        await _ledger.DisposeAsync();
        File.Copy(_folder.Database, copy.Database);
        _ledger = await _folder.OpenAsync();
        await EndAsync("b");
        await DrainAsync();

        await EndAsync("c");
        await using var restored = await copy.OpenAsync();
        var drain = new UsageOutboxDrain(_queue.Outbox, restored);
        Assert.Equal(1, await drain.DrainAsync(Ct));
        await EndAsync("d");
        Assert.Equal(1, await drain.DrainAsync(Ct));
        Assert.Equal(["a", "c", "d"], await BilledAsync(restored));
    }

    private Task<int> DrainAsync() => new UsageOutboxDrain(_queue.Outbox, _ledger).DrainAsync(Ct);

    private async Task EndAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            await _queue.EnqueueAsync(Entry(id), Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
            Assert.True(await _queue.EndAsync(End(new ClaimKey(id, 1), InvocationState.Succeeded) with { Usage = Usage(id) }, Ct));
        }
    }

    private async Task<IEnumerable<string>> BilledAsync(SqliteStore? ledger = null) =>
        (await (ledger ?? _ledger).ListAsync(null, null, 10_000, Ct)).Select(record => record.InvocationId).Order(StringComparer.Ordinal);
}
