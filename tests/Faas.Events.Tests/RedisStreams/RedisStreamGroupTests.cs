using Faas.Contracts.Functions;
using Faas.Contracts.Api;
using Faas.Events.Tests.Redis;

namespace Faas.Events.Tests.RedisStreams;

public sealed class RedisStreamGroupTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private const string Id = "hello/redis-stream";

    private readonly string _stream = $"orders-{Guid.NewGuid():N}";

    private RedisStreamSpec Spec => new() { Url = server.Url, Stream = _stream, ReclaimAfter = TimeSpan.FromSeconds(1) };

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(StartAt.Beginning, "old,new")]
    [InlineData(StartAt.End, "new")]
    public async Task A_group_is_created_where_the_spec_says(StartAt from, string expected)
    {
        await server.AddAsync(_stream, "data", "old");
        await using var events = await StartAsync(Spec with { From = from, Group = "shop" });
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        Assert.Equal("shop", (string?)(await server.ExecuteAsync("XINFO", "GROUPS", _stream))[0].ToDictionary()["name"]);
        await server.AddAsync(_stream, "data", "new");
        await RanAsync(events, expected.Split(','));
    }

    [Fact]
    public async Task Each_trigger_has_a_group_of_its_own_and_so_gets_every_entry()
    {
        await using var events = await RedisServer.StartAsync(new TriggerSpec { RedisStream = Spec });
        events.Functions.Deploy("shop.orders", new TriggerSpec { RedisStream = Spec, Name = "other" });
        await events.TriggerAsync("shop.orders/other", trigger => trigger.State == TriggerState.Running);
        await server.AddAsync(_stream, "data", "1");
        await RanAsync(events, "1", "1");
        var groups = (StackExchange.Redis.RedisResult[])(await server.ExecuteAsync("XINFO", "GROUPS", _stream))!;
        Assert.Equal(["faas.hello.redis-stream", "faas.shop.orders.other"], groups.Select(group => (string)group.ToDictionary()["name"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_consumer_that_is_gone_had_taken_is_taken_from_it()
    {
        await server.ExecuteAsync("XGROUP", "CREATE", _stream, "shop", "0", "MKSTREAM");
        await server.AddAsync(_stream, "data", "1", "2", "3", "4", "5");
        await server.ExecuteAsync("XREADGROUP", "GROUP", "shop", "gone", "COUNT", "4", "STREAMS", _stream, ">");
        await using var events = await StartAsync(Spec with { Group = "shop", Concurrency = 2 });
        await RanAsync(events, "1", "2", "3", "4", "5");
        await Eventually.HoldsAsync(async () => await server.PendingAsync(_stream, "shop") == 0);
    }

    [Fact]
    public async Task What_takes_longer_than_others_may_take_is_not_given_twice()
    {
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(Spec, events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        var entry = (await server.AddAsync(_stream, "data", "1"))[0];
        await events.Transport.BeganAsync();

        // It is claimed again, which Redis counts as a delivery, while it runs.
        await Eventually.HoldsAsync(
            async () => (int)(await server.ExecuteAsync("XPENDING", _stream, "faas.hello.redis-stream", entry, entry, "1"))[0][3] > 1, events, TimeSpan.FromMilliseconds(100));
        gate.SetResult();
        await server.AcknowledgedAsync(_stream);
        Assert.Single(events.Transport.Ran);
        Assert.Equal(1, (await events.TriggerAsync(Id, _ => true)).Events);
    }

    [Fact]
    public async Task A_stream_that_is_deleted_in_the_middle_is_made_anew_and_what_comes_then_is_delivered()
    {
        await using var events = await StartAsync(Spec);
        await server.AddAsync(_stream, "data", "before");
        await RanAsync(events, "before");
        await server.ExecuteAsync("DEL", _stream);
        await server.ExecuteAsync("XADD", _stream, "1-1", "data", "after");   // an id that is below all of before
        await RanAsync(events, "before", "after");
        await server.AcknowledgedAsync(_stream);
        Assert.Equal(TriggerState.Running, (await events.TriggerAsync(Id, _ => true)).State);
    }

    [Fact]
    public async Task What_is_trimmed_from_the_stream_while_it_was_pending_is_acknowledged_and_the_others_go_on()
    {
        await server.ExecuteAsync("XGROUP", "CREATE", _stream, "faas.hello.redis-stream", "0", "MKSTREAM");
        await server.AddAsync(_stream, "data", "1", "2", "3");
        await server.ExecuteAsync("XREADGROUP", "GROUP", "faas.hello.redis-stream", "faas.hello.redis-stream", "STREAMS", _stream, ">");   // as an earlier run did
        await server.ExecuteAsync("XTRIM", _stream, "MAXLEN", "1");
        await using var events = await StartAsync(Spec);
        await RanAsync(events, "3");
        await server.AcknowledgedAsync(_stream);
    }

    [Fact]
    public async Task What_is_trimmed_from_the_stream_while_it_runs_is_done_with_as_usual()
    {
        var dead = _stream + ":dead";
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(Spec with { DeadLetter = dead }, events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(400, "no");
        });
        await server.AddAsync(_stream, "data", "1");
        await events.Transport.BeganAsync();
        await server.ExecuteAsync("XTRIM", _stream, "MAXLEN", "0");
        gate.SetResult();
        await server.AcknowledgedAsync(_stream);
        Assert.Equal("1", (string?)(await server.ExecuteAsync("XRANGE", dead, "-", "+"))[0][1][1]);
    }

    private static Task<EventsFixture> StartAsync(RedisStreamSpec spec, Action<EventsFixture>? prepare = null) =>
        RedisServer.StartAsync(new TriggerSpec { RedisStream = spec }, prepare: prepare);

    private static async Task RanAsync(EventsFixture events, params string[] bodies)
    {
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count >= bodies.Length, events, TimeSpan.FromMilliseconds(50));
        Assert.Equal(bodies.Order(StringComparer.Ordinal), events.Transport.Ran.Select(claim => GivenEvents.In(claim).Single()).Order(StringComparer.Ordinal));
    }
}
