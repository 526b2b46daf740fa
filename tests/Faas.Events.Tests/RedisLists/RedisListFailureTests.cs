using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Events.Tests.Redis;

namespace Faas.Events.Tests.RedisLists;

/// <summary>Servers that are away, or are killed in the middle; and the platform killed in the middle.</summary>
public sealed class RedisListFailureTests
{
    private const string Id = "hello/redis-list";
    private const string List = "jobs";
    private const string Taken = "faas:{jobs}:hello/redis-list:taken";

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_named_and_found_when_it_is_there()
    {
        await using var server = new RedisServer();
        await using var events = await StartAsync(server.Url);
        Assert.Contains("Connection refused", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        await server.StartAsync();
        await PushAsync(server, 1);
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger is { State: TriggerState.Running, Events: 1 });
        await DoneAsync(server, events);
    }

    [Fact]
    public async Task A_server_that_is_killed_in_the_middle_loses_nothing()
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(server.Url, events => events.Transport.Run = async (_, ct) =>
        {
            if (events.Transport.Ran.Count > 30)
            {
                await gate.Task.WaitAsync(ct);   // some are under way when it is killed
            }

            return FakeTransport.Answer(200, "done");
        });
        await PushAsync(server, 60);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count > 30, events);
        await server.KillAsync();
        gate.SetResult();
        Assert.Contains($"Redis at {server.Place}", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        await server.StartAsync();
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger.State == TriggerState.Running && trigger.Events >= 60);
        await DoneAsync(server, events);
        Assert.Equal(60, events.Transport.Ran.SelectMany(GivenEvents.In).Distinct().Count());
        Assert.Equal(60, events.Transport.Ran.Count);   // each has an identity, and so ran once
    }

    [Fact]
    public async Task The_platform_that_is_killed_in_the_middle_delivers_everything_afterwards_each_under_the_same_invocation()
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        await PushAsync(server, 20);
        var first = await StartAsync(server.Url, events => events.Transport.Run = (_, ct) => events.Transport.Ran.Count > 5 ? FakeTransport.UntilStoppedAsync(ct) : Task.FromResult(FakeTransport.Answer(200, "done")));
        await Eventually.HoldsAsync(() => first.Transport.Ran.Count > 10, first);
        var before = first.Transport.Ids.ToHashSet();
        var folder = await first.KillAsync();
        await using var events = await StartAsync(server.Url, folder: folder);
        await DoneAsync(server, events);
        before.UnionWith(events.Transport.Ids);
        Assert.Equal(20, before.Count);
    }

    [Fact]
    public async Task A_wrong_password_and_a_missing_secret_are_named_and_the_right_one_works()
    {
        await using var server = new RedisServer("--requirepass", "p@ss:/?#%word") { Password = "p@ss:/?#%word" };
        await server.StartAsync();
        var url = "redis://:${REDIS_PASSWORD}@" + server.Place;
        await using var events = await StartAsync(url);
        Assert.Contains("there is no secret 'REDIS_PASSWORD'", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        events.Secrets["REDIS_PASSWORD"] = "wrong";
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger.Detail?.Contains("WRONGPASS", StringComparison.Ordinal) == true);
        events.Secrets["REDIS_PASSWORD"] = "p@ss:/?#%word";
        await PushAsync(server, 1);
        await events.AfterAsync(TimeSpan.FromSeconds(2), Id, trigger => trigger is { State: TriggerState.Running, Events: 1 });
        await DoneAsync(server, events);
    }

    private static Task<StackExchange.Redis.RedisResult> PushAsync(RedisServer server, int count) => server.ExecuteAsync("LPUSH", [List, .. Enumerable.Range(0, count).Select(number => $"{number}")]);

    private static Task DoneAsync(RedisServer server, EventsFixture events) => Eventually.HoldsAsync(async () => (int)await server.ExecuteAsync("EXISTS", List, Taken) == 0, events);

    private static Task<EventsFixture> StartAsync(string url, Action<EventsFixture>? prepare = null, string? folder = null) =>
        RedisServer.StartAsync(new TriggerSpec { RedisList = new RedisListSpec { Url = url, List = List } }, prepare: prepare, folder: folder);
}
