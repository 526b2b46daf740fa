using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Events.Tests.Redis;

namespace Faas.Events.Tests.RedisStreams;

/// <summary>Servers that are away, refuse, or are killed in the middle; and the platform killed in the middle.</summary>
public sealed class RedisStreamFailureTests
{
    private const string Id = "hello/redis-stream";
    private const string Stream = "orders";

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_named_and_found_when_it_is_there()
    {
        await using var server = new RedisServer();
        await using var events = await StartAsync(server.Url);
        var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        Assert.Equal($"cannot connect to Redis at {server.Place}: there is no way to it (Connection refused); start it, or correct the address", failing.Detail);
        await server.StartAsync();
        await server.AddAsync(Stream, "data", "1");
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger is { State: TriggerState.Running, Events: 1 });
        await server.AcknowledgedAsync(Stream);
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
        var ids = await server.AddAsync(Stream, "data", [.. Enumerable.Range(0, 60).Select(number => $"{number}")]);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count > 30, events);
        await server.KillAsync();
        gate.SetResult();
        var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        Assert.Contains($"Redis at {server.Place}", failing.Detail, StringComparison.Ordinal);
        await server.StartAsync();
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger.State == TriggerState.Running && trigger.Events >= 60);
        await server.AcknowledgedAsync(Stream, events);
        Assert.Equal(60, ids.Count);
        Assert.Equal(60, events.Transport.Ids.Count());   // each has an identity, and so ran once
        Assert.Equal(60, events.Transport.Ids.Distinct().Count());
    }

    [Fact]
    public async Task The_platform_that_is_killed_in_the_middle_delivers_everything_afterwards_each_under_the_same_invocation()
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        await server.AddAsync(Stream, "data", [.. Enumerable.Range(0, 20).Select(number => $"{number}")]);
        var first = await StartAsync(server.Url, events => events.Transport.Run = (_, ct) => events.Transport.Ran.Count > 5 ? FakeTransport.UntilStoppedAsync(ct) : Task.FromResult(FakeTransport.Answer(200, "done")));
        await Eventually.HoldsAsync(() => first.Transport.Ran.Count > 10, first);
        var before = first.Transport.Ids.ToHashSet();
        var folder = await first.KillAsync();
        await using var events = await StartAsync(server.Url, folder: folder);
        await server.AcknowledgedAsync(Stream, events);
        before.UnionWith(events.Transport.Ids);
        Assert.Equal(20, before.Count);
    }

    [Fact]
    public async Task A_wrong_password_a_missing_one_and_a_missing_secret_are_named_and_none_is_shown()
    {
        await using var server = new RedisServer("--requirepass", "p@ss:/?#%word") { Password = "p@ss:/?#%word" };
        await server.StartAsync();
        await FailsAsync($"redis://{server.Place}", "NOAUTH");
        await FailsAsync($"redis://:wrong@{server.Place}", "WRONGPASS invalid username-password pair or user is disabled; correct user and password in the trigger's url");
        await FailsAsync($"redis://nobody:wrong@{server.Place}", "WRONGPASS");
        await FailsAsync("redis://:${REDIS_PASSWORD}@" + server.Place, "there is no secret 'REDIS_PASSWORD'");
    }

    [Fact]
    public async Task Passwords_come_from_secrets_whatever_their_characters_are()
    {
        await using var server = new RedisServer("--requirepass", "p@ss:/?#%word") { Password = "p@ss:/?#%word" };
        await server.StartAsync();
        await server.ExecuteAsync("ACL", "SETUSER", "app", "on", ">s&c=r t+", "~*", "&*", "+@all");
        foreach (var (url, password) in new[] { ("redis://app:${REDIS_PASSWORD}@", "s&c=r t+"), ("redis://:${REDIS_PASSWORD}@", "p@ss:/?#%word") })
        {
            await using var events = await StartAsync(url + server.Place, events => events.Secrets["REDIS_PASSWORD"] = password);
            await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
            await server.AddAsync(Stream, "data", "1");
            await events.TriggerAsync(Id, trigger => trigger.Events > 0);
            await server.AcknowledgedAsync(Stream);
        }
    }

    [Fact]
    public async Task A_user_who_may_not_do_what_is_needed_is_told_what_Redis_says()
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        await server.ExecuteAsync("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-xgroup");
        await FailsAsync($"redis://app:secret@{server.Place}", "'xgroup|create' command; allow the user the trigger's keys");
        await server.ExecuteAsync("ACL", "SETUSER", "app", "-@all", "+get");
        await FailsAsync($"redis://app:secret@{server.Place}", "no permissions to run");
    }

    [Fact]
    public async Task What_is_no_Redis_and_a_host_that_is_not_there_are_named()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener);
        await FailsAsync($"redis://{listener.LocalEndpoint}", "what listens there is not a Redis");
        await FailsAsync($"rediss://{listener.LocalEndpoint}", "TLS");
        await FailsAsync("redis://no-such-host.invalid", "there is no way to it");
        listener.Stop();
        await answering;
    }

    [Fact]
    public async Task A_database_of_its_own_is_read_and_one_that_is_not_there_is_named()
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        await FailsAsync($"{server.Url}/99", "99");
        await using var events = await StartAsync($"{server.Url}/3");
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        Assert.Contains("db3", (string?)await server.ExecuteAsync("INFO", "keyspace"), StringComparison.Ordinal);
    }

    private static async Task FailsAsync(string url, string words)
    {
        await using var events = await StartAsync(url);
        var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        Assert.Contains(words, failing.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong@", failing.Detail, StringComparison.Ordinal);
        Assert.NotNull(failing.AgainAt);
    }

    /// <summary>Answers as a web server does to what it does not understand, until it is stopped.</summary>
    private static async Task AnswerAsync(System.Net.Sockets.TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(EventsFixture.Ct);
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), EventsFixture.Ct);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was stopped.
        }
    }

    private static Task<EventsFixture> StartAsync(string url, Action<EventsFixture>? prepare = null, string? folder = null) =>
        RedisServer.StartAsync(new TriggerSpec { RedisStream = new RedisStreamSpec { Url = url, Stream = Stream } }, prepare: prepare, folder: folder);
}
