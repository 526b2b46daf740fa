using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Tests.Redis;

namespace Faas.Events.Tests.RedisStreams;

public sealed class RedisStreamTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private const string Id = "hello/redis-stream";

    private readonly string _stream = $"orders-{Guid.NewGuid():N}";

    private TriggerSpec Trigger => new() { RedisStream = new RedisStreamSpec { Url = server.Url, Stream = _stream, DeadLetter = null } };

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_entry_invokes_the_function_as_a_CloudEvent()
    {
        await using var events = await RedisServer.StartAsync(Trigger);
        var entry = (string)(await server.ExecuteAsync("XADD", _stream, "*", "name", "Ada", "city", "London"))!;
        await events.Transport.BeganAsync();
        var claim = Assert.Single(events.Transport.Ran);
        Assert.Equal("application/cloudevents+json", Assert.Single(claim.Entry.Request.Headers).Value);
        using var json = JsonDocument.Parse(claim.Body);
        var given = json.RootElement;
        Assert.Equal("faas.redis.stream.message", given.GetProperty("type").GetString());
        Assert.Equal("/triggers/hello/redis-stream", given.GetProperty("source").GetString());
        Assert.Equal(_stream, given.GetProperty("subject").GetString());
        Assert.Equal(entry, given.GetProperty("entryid").GetString());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(entry.Split('-')[0], null)), given.GetProperty("time").GetDateTimeOffset());
        Assert.Equal("""{"name":"Ada","city":"London"}""", given.GetProperty("data").GetRawText());
        await server.AcknowledgedAsync(_stream, events);
    }

    [Fact]
    public async Task CloudEvents_in_binary_and_structured_mode_pass_through_and_one_that_is_sent_twice_runs_once()
    {
        await using var events = await RedisServer.StartAsync(Trigger);
        const string Structured = """{"specversion":"1.0","id":"7","source":"/shop","type":"sent","data":{"a":1}}""";
        await server.ExecuteAsync("XADD", _stream, "*", "data", Structured, "content-type", "application/cloudevents+json");
        await server.ExecuteAsync("XADD", _stream, "*", "data", Structured);
        await server.ExecuteAsync("XADD", _stream, "*", "ce-specversion", "1.0", "ce-id", "8", "ce-source", "/shop", "ce-type", "paid", "content-type", "text/plain", "data", "thanks");
        await server.AcknowledgedAsync(_stream, events);
        var given = events.Transport.Ran.Select(claim => System.Text.Encoding.UTF8.GetString(claim.Body.Span)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [Structured, """{"specversion":"1.0","id":"8","source":"/shop","type":"paid","datacontenttype":"text/plain","data":"thanks"}"""],
            given.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_entry_is_acknowledged_only_after_its_invocation_has_ended_however_often_it_is_tried()
    {
        await using var events = await RedisServer.StartAsync(Trigger, new AsyncSpec { MaxAttempts = 3 }, events =>
            events.Transport.Run = (claim, _) => Task.FromResult(claim.Attempt < 3 ? FakeTransport.Answer(500, "no") : FakeTransport.Answer(200, "done")));
        await server.AddAsync(_stream, "data", "1");
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await events.Transport.BeganAsync();
            var tried = attempt;
            var waiting = await events.InStateAsync(events.Transport.Ids.First(), found => found.State == InvocationState.Queued && found.Failures == tried);
            Assert.Equal(1, await server.PendingAsync(_stream));
            events.Clock.Advance(waiting.At - events.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));   // timers are whole milliseconds
        }

        await server.AcknowledgedAsync(_stream, events);
        Assert.Equal(3, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task What_fails_for_good_is_the_platforms_dead_letter_and_acknowledged()
    {
        await using var events = await RedisServer.StartAsync(Trigger, prepare: events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no")));
        await server.AddAsync(_stream, "data", "1");
        await server.AcknowledgedAsync(_stream, events);
        var dead = await events.EndedAsync(events.Transport.Ids.Single());
        Assert.Equal(InvocationState.DeadLettered, dead.State);
        Assert.Contains("status 400", (await events.TriggerAsync(Id, trigger => trigger.Failures == 1)).LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_for_good_is_in_the_dead_letters_stream_with_its_fields_and_why_and_not_in_the_platform()
    {
        var dead = _stream + ":dead";
        var trigger = new TriggerSpec { RedisStream = Trigger.RedisStream! with { DeadLetter = dead } };
        await using var events = await RedisServer.StartAsync(trigger, prepare: events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no")));
        var entry = (await server.AddAsync(_stream, "name", "Ada"))[0];
        await server.AcknowledgedAsync(_stream, events);
        var id = events.Transport.Ids.Single();
        var fields = (string[])(await server.ExecuteAsync("XRANGE", dead, "-", "+"))[0][1]!;
        Assert.Equal(["name", "Ada", "faas-error"], fields[..3]);
        Assert.Contains("status 400", fields[3], StringComparison.Ordinal);
        Assert.Equal(["faas-invocation", id, "faas-stream", _stream, "faas-id", entry], fields[4..]);
        Assert.Null(await events.Queue.FindAsync(id, EventsFixture.Ct));
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_says_it_is_a_CloudEvent_and_is_not_is_a_dead_letter_and_what_is_behind_it_goes_on(bool hasPlace)
    {
        var dead = _stream + ":dead";
        var trigger = new TriggerSpec { RedisStream = Trigger.RedisStream! with { DeadLetter = hasPlace ? dead : null, Concurrency = 1 } };
        await using var events = await RedisServer.StartAsync(trigger);
        await server.ExecuteAsync("XADD", _stream, "*", "ce-specversion", "1.0", "ce-id", "8", "data", "x");
        await server.ExecuteAsync("XADD", _stream, "*", "data", "{", "content-type", "application/cloudevents+json");
        await server.AddAsync(_stream, "data", "good");
        await server.AcknowledgedAsync(_stream, events);
        Assert.Contains("good", System.Text.Encoding.UTF8.GetString(Assert.Single(events.Transport.Ran).Body.Span), StringComparison.Ordinal);
        Assert.Contains("not JSON", (await events.TriggerAsync(Id, trigger => trigger.Failures == 2)).LastError, StringComparison.Ordinal);
        Assert.Equal(hasPlace ? 2 : 0, (int)await server.ExecuteAsync("XLEN", dead));
        Assert.Equal(hasPlace ? 0 : 2, (await events.Queue.DeadLettersAsync(EventsFixture.Ct)).GetValueOrDefault("hello"));
    }

    [Fact]
    public async Task No_more_than_the_specs_concurrency_is_under_way_and_no_more_is_taken()
    {
        var gate = new TaskCompletionSource();
        var trigger = new TriggerSpec { RedisStream = Trigger.RedisStream! with { Concurrency = 3 } };
        await server.AddAsync(_stream, "data", [.. Enumerable.Range(0, 20).Select(number => $"{number}")]);
        await using var events = await RedisServer.StartAsync(trigger, prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        for (var count = 0; count < 3; count++)
        {
            await events.Transport.BeganAsync();
        }

        Assert.Equal(3, await server.PendingAsync(_stream));
        gate.SetResult();
        await server.AcknowledgedAsync(_stream, events);
        Assert.Equal(3, events.Transport.Most);
    }

    [Fact]
    public async Task A_trigger_that_is_paused_acknowledges_what_runs_which_does_not_come_again()
    {
        var gate = new TaskCompletionSource();
        await using var events = await RedisServer.StartAsync(Trigger, prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        await server.AddAsync(_stream, "data", "1");
        await events.Transport.BeganAsync();
        var pausing = events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        gate.SetResult();
        await pausing;
        Assert.Equal(0, await server.PendingAsync(_stream));
        await server.AddAsync(_stream, "data", "2");
        Assert.Single(events.Transport.Ran);
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        await server.AcknowledgedAsync(_stream, events);
        Assert.Equal(2, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task The_lag_is_what_is_not_acknowledged()
    {
        var gate = new TaskCompletionSource();
        var trigger = new TriggerSpec { RedisStream = Trigger.RedisStream! with { Concurrency = 2 } };
        await using var events = await RedisServer.StartAsync(trigger, prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        await server.AddAsync(_stream, "data", "1", "2", "3", "4", "5");
        await events.Transport.BeganAsync();
        await events.AfterAsync(TimeSpan.FromSeconds(5), Id, trigger => trigger.Lag == 5);
        gate.SetResult();
        await server.AcknowledgedAsync(_stream, events);
        await events.AfterAsync(TimeSpan.FromSeconds(5), Id, trigger => trigger.Lag == 0);
    }

    [Fact]
    public async Task A_key_that_is_no_stream_is_named()
    {
        await server.ExecuteAsync("SET", _stream, "text");
        await using var events = await RedisServer.StartAsync(Trigger);
        var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        Assert.Equal($"'{_stream}' in Redis at {server.Place} is not a stream; name another key, or remove it", failing.Detail);
        await server.ExecuteAsync("DEL", _stream);
        await server.AddAsync(_stream, "data", "1");
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger is { State: TriggerState.Running, Events: 1 });
        await server.AcknowledgedAsync(_stream, events);
    }
}
