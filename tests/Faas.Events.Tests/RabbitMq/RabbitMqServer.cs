using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Events.RabbitMq;
using Faas.Tests.Servers;
using RabbitMQ.Client;

namespace Faas.Events.Tests.RabbitMq;

/// <summary>A RabbitMQ that the tests of this folder share, one after the other. Who kills it starts it again.</summary>
public sealed class RabbitMqServer : IAsyncLifetime
{
    /// <summary>The trigger of <see cref="DeployAsync"/>.</summary>
    public const string Id = "hello/rabbitmq";

    /// <summary>The user app's password, with everything that has a meaning in an address.</summary>
    public const string Password = "p@ss/w:rd#%2F?&=+ü";

    private const string Program = "rabbitmq-server";

    private readonly ServerProcess _process;

    public RabbitMqServer() => _process = new ServerProcess("bash", server => [
        Path.Combine(AppContext.BaseDirectory, "servers/rabbitmq.sh"), server.Folder, $"{server.Port}", Path.Combine(server.Folder, "definitions.json")]);

    public int Port => _process.Port;

    /// <summary>Its address for the user guest, as specs have it.</summary>
    public string Url => $"amqp://127.0.0.1:{Port}";

    public static void Require() => ServerProcess.Require(Program);

    public async ValueTask InitializeAsync()
    {
        if (ServerProcess.IsInstalled(Program))
        {
            await File.WriteAllTextAsync(Path.Combine(_process.Folder, "definitions.json"), Definitions());
            await StartAsync();
        }
    }

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();

    public Task StartAsync() => _process.StartAsync();

    public Task KillAsync() => _process.KillAsync();

    /// <summary>Connects as the user guest, to look and to publish.</summary>
    public async Task<RabbitMqClient> ConnectAsync() =>
        new(await new ConnectionFactory { HostName = "127.0.0.1", Port = Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync(EventsFixture.Ct));

    /// <summary>Starts the platform with the function hello and a trigger on a queue.</summary>
    internal Task<EventsFixture> DeployAsync(
        string queue, Func<RabbitMqSpec, RabbitMqSpec>? with = null, AsyncSpec? policy = null, string? folder = null, Action<EventsFixture>? prepare = null)
    {
        var spec = new RabbitMqSpec { Url = Url, Queue = queue };
        var trigger = new TriggerSpec { RabbitMq = with is null ? spec : with(spec) };
        return EventsFixture.StartAsync(
            folder: folder,
            prepare: fixture =>
            {
                fixture.Functions.Deploy("hello", policy, 10, [trigger]);
                prepare?.Invoke(fixture);
            },
            kinds: [new RabbitMqKind()]);
    }

    private static string Definitions()
    {
        var users = ((string Name, string Password)[])[("guest", "guest"), ("app", Password)];
        string[] hosts = ["/", "shop"];
        return JsonSerializer.Serialize(new
        {
            users = users.Select(user => new { name = user.Name, password = user.Password, tags = "administrator" }),
            vhosts = hosts.Select(host => new { name = host }),
            permissions = users.SelectMany(user => hosts.Select(vhost => new { user = user.Name, vhost, configure = ".*", write = ".*", read = ".*" })),
        });
    }
}
