using Faas.Contracts.Invocations;
using Faas.Storage.Redis;
using static Faas.Storage.Tests.QueueSample;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests.Redis;

public sealed class RedisInvocationQueueTests(RedisServer server) : InvocationQueueSuite, IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly RedisQueueOptions _options = server.NewOptions();
    private RedisQueue _queue = null!;   // InitializeAsync runs before every test

    private protected override IInvocationQueue Queue => _queue;

    public async ValueTask InitializeAsync()
    {
        RedisServer.Require();
        _queue = await RedisQueue.ConnectAsync(_options, Ct);
    }

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private protected override async Task<IReadOnlyList<string>> BilledAsync() =>
        [.. (await _queue.Outbox.ReadAsync(100, Ct)).Records.Select(record => record.InvocationId)];

    [Fact]
    public async Task More_than_one_script_puts_back_is_put_back()
    {
        const int entries = 1200;
        await Task.WhenAll(Enumerable.Range(0, entries).Select(i => _queue.EnqueueAsync(Entry($"id{i}"), Body("x"), LeaseUntil(Noon.AddSeconds(i % 2 == 0 ? 30 : 90)), Ct)));
        Assert.Equal(entries / 2, (await _queue.RequeueAsync(Noon.AddSeconds(31), null, Ct)).Count);
        Assert.Equal(entries / 2, (await _queue.RequeueAsync(Noon.AddSeconds(31), "me", Ct)).Count);
        Assert.Equal(new Backlog("hello", entries, 0, Noon.AddSeconds(31)), Assert.Single(await _queue.BacklogAsync(Ct)));
    }

    [Fact]
    public async Task Nothing_is_left_of_what_was_forgotten_but_counters()
    {
        var key = Key("k");
        await _queue.EnqueueAsync(Entry("a") with { Key = key }, Body("x"), LeaseUntil(Noon), Ct);
        await _queue.EndAsync(End(new ClaimKey("a", 1), InvocationState.Succeeded) with { Answer = new(200, [], Body("x"), 1, null) }, Ct);
        await _queue.EnqueueAsync(Entry("b"), Body("x"), LeaseUntil(Noon), Ct);
        await _queue.EndAsync(End(new ClaimKey("b", 1), InvocationState.DeadLettered), Ct);
        await _queue.EnqueueAsync(Entry("c"), Body("x"), null, Ct);
        await _queue.CancelAsync("c", Noon, Noon, Ct);
        Assert.Equal(1, await _queue.PurgeAsync(new DeadLetterChoice(null, null), 10, Ct));
        Assert.Equal(3, await _queue.ForgetAsync(key.ExpiresAt, 10, Ct));   // two entries and a key
        Assert.Equal(["seq"], await server.KeysAsync(_options.Prefix));
    }
}
