using System.Diagnostics;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Events.Mqtt;
using Faas.Tests.Servers;

namespace Faas.Events.Tests.Mqtt;

/// <summary>A mosquitto of one test.</summary>
internal sealed class MqttBroker : IAsyncDisposable
{
    /// <summary>The trigger of <see cref="DeployAsync"/>.</summary>
    public const string Id = "hello/mqtt";

    /// <summary>The id of its client.</summary>
    public const string ClientId = "faas-hello-mqtt";

    private const string Program = "mosquitto";

    private readonly ServerProcess _process;

    private MqttBroker(bool hasPasswords) => _process = new ServerProcess("bash", server => [
        Path.Combine(AppContext.BaseDirectory, "servers/mosquitto.sh"), server.Folder, $"{server.Port}", .. hasPasswords ? (string[])[Path.Combine(server.Folder, "passwords")] : []]);

    public int Port => _process.Port;

    /// <summary>Its address, as specs have it.</summary>
    public string Url => $"mqtt://127.0.0.1:{Port}";

    /// <summary>Starts one; with a password for the user app, or for anybody (null). Skips the test where there is no mosquitto.</summary>
    public static async Task<MqttBroker> StartAsync(string? password = null)
    {
        ServerProcess.Require(Program);
        var broker = new MqttBroker(password is not null);
        if (password is not null)
        {
            using var making = Process.Start("mosquitto_passwd", ["-b", "-c", Path.Combine(broker._process.Folder, "passwords"), "app", password]);
            await making.WaitForExitAsync(EventsFixture.Ct);
            Assert.Equal(0, making.ExitCode);
        }

        await broker.StartAgainAsync();
        return broker;
    }

    public Task StartAgainAsync() => _process.StartAsync();

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>Connects another client.</summary>
    public Task<MqttTestClient> ConnectAsync(string? clientId = null, bool hasSession = false) => MqttTestClient.ConnectAsync(Port, clientId ?? $"test-{Guid.NewGuid():N}", hasSession);

    /// <summary>Returns when the broker has saved a message with this payload, so that it has it after a kill.</summary>
    public async Task SavedAsync(string payload)
    {
        var file = Path.Combine(_process.Folder, "mosquitto/mosquitto.db");
        var wanted = Encoding.UTF8.GetBytes(payload);
        await Eventually.HoldsAsync(async () => File.Exists(file) && (await File.ReadAllBytesAsync(file, EventsFixture.Ct)).AsSpan().IndexOf(wanted) >= 0);
    }

    /// <summary>What the broker still has for the trigger's client, which must not be connected; it has it no more then.</summary>
    public async Task<IReadOnlyList<string>> WaitingAsync(string topic)
    {
        await using var heir = await ConnectAsync(ClientId, hasSession: true);
        await using var sender = await ConnectAsync();
        await sender.PublishAsync(topic, "the last one");
        return [.. (await heir.ReadUntilAsync("the last one")).SkipLast(1)];
    }

    /// <summary>Starts the platform with the function hello and a trigger on a topic.</summary>
    public Task<EventsFixture> DeployAsync(
        string topic, Func<MqttSpec, MqttSpec>? with = null, AsyncSpec? policy = null, string? folder = null, Action<EventsFixture>? prepare = null)
    {
        var spec = new MqttSpec { Url = Url, Topic = topic };
        return DeployAsync([new TriggerSpec { Mqtt = with is null ? spec : with(spec) }], policy, folder, prepare);
    }

    /// <summary>The same with triggers of the test's choice.</summary>
    public static Task<EventsFixture> DeployAsync(IReadOnlyList<TriggerSpec> triggers, AsyncSpec? policy = null, string? folder = null, Action<EventsFixture>? prepare = null) =>
        EventsFixture.StartAsync(
            folder: folder,
            prepare: fixture =>
            {
                fixture.Functions.Deploy("hello", policy, 10, triggers);
                prepare?.Invoke(fixture);
            },
            kinds: [new MqttKind()]);
}
