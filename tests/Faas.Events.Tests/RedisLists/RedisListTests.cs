using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Tests.Redis;

namespace Faas.Events.Tests.RedisLists;

public sealed class RedisListTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private const string Id = "hello/redis-list";

    private readonly string _list = $"jobs-{Guid.NewGuid():N}";

    private RedisListSpec Spec => new() { Url = server.Url, List = _list };

    private string Taken => $"faas:{{{_list}}}:{Id}:taken";

    private string Transit => $"faas:{{{_list}}}:{Id}:transit";

    private string Dead => _list + ":dead";

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_item_invokes_the_function_as_a_CloudEvent()
    {
        await using var events = await StartAsync(Spec);
        await server.ExecuteAsync("LPUSH", _list, """{"total":3}""");
        await events.Transport.BeganAsync();
        using var json = JsonDocument.Parse(events.Transport.Ran[0].Body);
        var given = json.RootElement;
        Assert.Equal("faas.redis.list.message", given.GetProperty("type").GetString());
        Assert.Equal("/triggers/hello/redis-list", given.GetProperty("source").GetString());
        Assert.Equal(_list, given.GetProperty("subject").GetString());
        Assert.Equal("""{"total":3}""", given.GetProperty("data").GetRawText());
        Assert.Equal("application/json", given.GetProperty("datacontenttype").GetString());
        await DoneAsync(events, 1);
    }

    [Fact]
    public async Task An_item_that_is_a_CloudEvent_passes_through_and_text_is_text()
    {
        await using var events = await StartAsync(Spec);
        const string Structured = """{"specversion":"1.0","id":"7","source":"/shop","type":"sent","data":{"a":1}}""";
        await server.ExecuteAsync("LPUSH", _list, Structured, "just text");
        await DoneAsync(events, 2);
        var given = events.Transport.Ran.Select(claim => Encoding.UTF8.GetString(claim.Body.Span)).ToList();
        Assert.Contains(Structured, given);
        Assert.Contains("just text", events.Transport.Ran.SelectMany(GivenEvents.In));
    }

    [Fact]
    public async Task Two_items_that_are_equal_are_two_events()
    {
        await using var events = await StartAsync(Spec);
        await server.ExecuteAsync("LPUSH", _list, "same", "same");
        await DoneAsync(events, 2);
        Assert.Equal(2, events.Transport.Ids.Distinct().Count());
    }

    [Theory]
    [InlineData(ListEnd.Left, "1,2,3")]
    [InlineData(ListEnd.Right, "3,2,1")]
    public async Task Items_are_taken_from_the_end_that_the_spec_says(ListEnd take, string expected)
    {
        await server.ExecuteAsync("RPUSH", _list, "1", "2", "3");
        await using var events = await StartAsync(Spec with { Take = take, Concurrency = 1 });
        await DoneAsync(events, 3);
        Assert.Equal(expected, string.Join(',', events.Transport.Ran.SelectMany(GivenEvents.In)));
        await server.ExecuteAsync("RPUSH", _list, "4");   // to somebody who waits
        await DoneAsync(events, 4);
    }

    [Fact]
    public async Task An_item_is_kept_until_its_invocation_has_ended_however_often_it_is_tried()
    {
        await using var events = await StartAsync(Spec, events =>
            events.Transport.Run = (claim, _) => Task.FromResult(claim.Attempt < 3 ? FakeTransport.Answer(500, "no") : FakeTransport.Answer(200, "done")));
        await server.ExecuteAsync("LPUSH", _list, "1");
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await events.Transport.BeganAsync();
            var tried = attempt;
            var waiting = await events.InStateAsync(events.Transport.Ids.First(), found => found.State == InvocationState.Queued && found.Failures == tried);
            Assert.Equal(1, (int)await server.ExecuteAsync("HLEN", Taken));
            events.Clock.Advance(waiting.At - events.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));   // timers are whole milliseconds
        }

        await DoneAsync(events, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_fails_for_good_is_a_dead_letter_of_the_platform_or_in_the_dead_letters_list(bool hasPlace)
    {
        await using var events = await StartAsync(Spec with { DeadLetter = hasPlace ? Dead : null }, events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no")));
        await server.ExecuteAsync("LPUSH", _list, "1", "2");
        await DoneAsync(events, 2);
        Assert.Contains("status 400", (await events.TriggerAsync(Id, trigger => trigger.Failures == 2)).LastError, StringComparison.Ordinal);
        Assert.Equal(hasPlace ? ["1", "2"] : [], ((string[])(await server.ExecuteAsync("LRANGE", Dead, "0", "-1"))!).Order(StringComparer.Ordinal));
        Assert.Equal(hasPlace ? 0 : 2, (await events.Queue.DeadLettersAsync(EventsFixture.Ct)).GetValueOrDefault("hello"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_says_it_is_a_CloudEvent_and_is_not_is_a_dead_letter_and_what_is_behind_it_goes_on(bool hasPlace)
    {
        await using var events = await StartAsync(Spec with { DeadLetter = hasPlace ? Dead : null, Concurrency = 1 });
        await server.ExecuteAsync("LPUSH", _list, """{"specversion":"1.0"}""", "good");
        await DoneAsync(events, 1);
        Assert.Equal(["good"], events.Transport.Ran.SelectMany(GivenEvents.In));
        Assert.Contains("no 'id'", (await events.TriggerAsync(Id, trigger => trigger.Failures == 1)).LastError, StringComparison.Ordinal);
        Assert.Equal(hasPlace ? 1 : 0, (int)await server.ExecuteAsync("LLEN", Dead));
        Assert.Equal(hasPlace ? 0 : 1, (await events.Queue.DeadLettersAsync(EventsFixture.Ct)).GetValueOrDefault("hello"));
    }

    [Fact]
    public async Task No_more_than_the_specs_concurrency_is_taken_and_what_waits_and_runs_is_the_lag()
    {
        var gate = new TaskCompletionSource();
        await server.ExecuteAsync("LPUSH", _list, "1", "2", "3", "4", "5", "6", "7");
        await using var events = await StartAsync(Spec with { Concurrency = 3 }, events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        for (var count = 0; count < 3; count++)
        {
            await events.Transport.BeganAsync();
        }

        Assert.Equal(3, (int)await server.ExecuteAsync("HLEN", Taken));
        Assert.Equal(4, (int)await server.ExecuteAsync("LLEN", _list));
        await events.AfterAsync(TimeSpan.FromSeconds(5), Id, trigger => trigger.Lag == 7);
        gate.SetResult();
        await DoneAsync(events, 7);
        Assert.Equal(3, events.Transport.Most);
        await events.AfterAsync(TimeSpan.FromSeconds(5), Id, trigger => trigger.Lag == 0);
    }

    [Fact]
    public async Task A_trigger_that_is_paused_is_done_with_what_runs_and_takes_no_more()
    {
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(Spec, events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        await server.ExecuteAsync("LPUSH", _list, "1");
        await events.Transport.BeganAsync();
        var pausing = events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        gate.SetResult();
        await pausing;
        Assert.Equal(0, (int)await server.ExecuteAsync("HLEN", Taken));
        await server.ExecuteAsync("LPUSH", _list, "2");
        Assert.Equal(1, (int)await server.ExecuteAsync("LLEN", _list));
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        await DoneAsync(events, 2);
        Assert.Equal(["1", "2"], events.Transport.Ran.SelectMany(GivenEvents.In));
    }

    [Fact]
    public async Task What_an_earlier_run_had_taken_keeps_its_id_and_what_was_in_transit_follows()
    {
        await server.ExecuteAsync("HSET", Taken, "0002-0000", "second", "0001-0000", "first");
        await server.ExecuteAsync("LPUSH", Transit, "third");
        await server.ExecuteAsync("LPUSH", _list, "fourth");
        await using var events = await StartAsync(Spec with { Concurrency = 1 });
        await DoneAsync(events, 4);
        Assert.Equal(["first", "second", "third", "fourth"], events.Transport.Ran.SelectMany(GivenEvents.In));
    }

    [Fact]
    public async Task Triggers_on_one_list_share_its_items()
    {
        await using var events = await StartAsync(Spec);
        events.Functions.Deploy("other", new TriggerSpec { RedisList = Spec });
        await events.TriggerAsync("other/redis-list", trigger => trigger.State == TriggerState.Running);
        for (var number = 0; number < 20; number++)
        {
            await server.ExecuteAsync("LPUSH", _list, $"{number}");
        }

        await DoneAsync(events, 20);
        Assert.Equal(20, events.Transport.Ran.SelectMany(GivenEvents.In).Distinct().Count());
    }

    [Fact]
    public async Task A_key_that_is_no_list_is_named_and_so_is_one_for_dead_letters()
    {
        await server.ExecuteAsync("SET", _list, "text");
        await server.ExecuteAsync("SET", Dead, "text");
        await using var events = await StartAsync(Spec with { DeadLetter = Dead }, events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no")));
        Assert.Contains($"'{_list}' in Redis at {server.Place} is not a list", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        await server.ExecuteAsync("DEL", _list);
        await server.ExecuteAsync("LPUSH", _list, "1");
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger.Detail?.Contains($"'{Dead}'", StringComparison.Ordinal) == true);
        Assert.Equal(1, (int)await server.ExecuteAsync("HLEN", Taken));   // it is nowhere else, so it is still here
        await server.ExecuteAsync("DEL", Dead);
        await Eventually.HoldsAsync(async () => (int)await server.ExecuteAsync("LLEN", Dead) == 1, events, TimeSpan.FromMilliseconds(100));
        await Eventually.HoldsAsync(async () => (int)await server.ExecuteAsync("HLEN", Taken) == 0);
    }

    private static Task<EventsFixture> StartAsync(RedisListSpec spec, Action<EventsFixture>? prepare = null) => RedisServer.StartAsync(new TriggerSpec { RedisList = spec }, prepare: prepare);

    /// <summary>Attempts have run, and nothing is left in Redis.</summary>
    private Task DoneAsync(EventsFixture events, int attempts) => Eventually.HoldsAsync(
        async () => events.Transport.Ran.Count >= attempts && (int)await server.ExecuteAsync("EXISTS", _list, Taken, Transit) == 0, events);
}
