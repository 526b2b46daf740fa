using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.RedisLists;
using Faas.Events.RedisStreams;
using Faas.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Faas.Events.Tests.Redis;

/// <summary>A redis-server of its own that syncs each write. It is started by the first test that needs it, and ends with those that share it.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";

    private readonly ServerProcess _server;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _isStarted;

    public RedisServer()
        : this([])
    {
    }

    internal RedisServer(params IReadOnlyList<string> more) => _server = new ServerProcess(Program, server =>
    [
        "--port", server.Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", server.Folder, "--appendonly", "yes", "--appendfsync", "always", "--save", "", .. more,
    ]);

    /// <summary>Where it is.</summary>
    public string Place => $"127.0.0.1:{_server.Port}";

    /// <summary>Its address.</summary>
    public string Url => $"redis://{Place}";

    /// <summary>How tests' own commands prove who they are.</summary>
    public string? Password { get; init; }

    /// <summary>Starts a platform whose function has this trigger.</summary>
    internal static Task<EventsFixture> StartAsync(TriggerSpec trigger, AsyncSpec? policy = null, Action<EventsFixture>? prepare = null, string? folder = null) => EventsFixture.StartAsync(
        folder: folder,
        prepare: events =>
        {
            events.Functions.Deploy("hello", policy, 100, [trigger]);
            prepare?.Invoke(events);
        },
        kinds: [new RedisStreamKind(), new RedisListKind(NullLogger<RedisListSource>.Instance)]);

    /// <summary>Starts it on what is in its folder, unless it runs. Skips the test where it is not installed.</summary>
    public async Task StartAsync()
    {
        ServerProcess.Require(Program);
        await _turn.WaitAsync(EventsFixture.Ct);
        try
        {
            if (!_isStarted)
            {
                await _server.StartAsync();
                _isStarted = true;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>SIGKILL, in the middle of whatever it is doing.</summary>
    public async Task KillAsync()
    {
        await _server.KillAsync();
        _isStarted = false;
    }

    /// <summary>Sends a command, as its users do.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Password is null ? Place : $"{Place},password={Password}");
        return await connection.GetDatabase().ExecuteAsync(command, arguments);
    }

    /// <summary>Adds entries to a stream, each with one field.</summary>
    public async Task<IReadOnlyList<string>> AddAsync(string stream, string field, params IReadOnlyList<string> values)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(Password is null ? Place : $"{Place},password={Password}");
        return [.. (await Task.WhenAll(values.Select(value => connection.GetDatabase().StreamAddAsync(stream, field, value)))).Select(id => (string)id!)];
    }

    /// <summary>Entries of a group that were taken and not acknowledged; -1 when there is no such group yet.</summary>
    public async Task<int> PendingAsync(string stream, string group = "faas.hello.redis-stream")
    {
        try
        {
            return (int)(await ExecuteAsync("XPENDING", stream, group))[0];
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            return -1;
        }
    }

    /// <summary>Waits until a stream's only group has taken and acknowledged everything; the clock goes on slowly if one is given.</summary>
    internal Task AcknowledgedAsync(string stream, EventsFixture? events = null, TimeSpan? step = null) => Eventually.HoldsAsync(
        async () =>
        {
            if (await PendingAsync(stream) != 0)
            {
                return false;
            }

            var group = (await ExecuteAsync("XINFO", "GROUPS", stream))[0].ToDictionary();
            var stored = (await ExecuteAsync("XINFO", "STREAM", stream)).ToDictionary();
            return (string?)group["last-delivered-id"] == (string?)stored["last-generated-id"] && (int)group["pending"] == 0;
        },
        events,
        step);

    public async ValueTask DisposeAsync()
    {
        _turn.Dispose();
        await _server.DisposeAsync();
    }
}
