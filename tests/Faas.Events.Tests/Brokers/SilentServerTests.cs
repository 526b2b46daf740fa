using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Events.Mqtt;
using Faas.Events.RabbitMq;

namespace Faas.Events.Tests.Brokers;

/// <summary>A server that takes connections and says nothing. The clients' limits are in real time, so this takes its time.</summary>
[Trait("Speed", "slow")]
public sealed class SilentServerTests
{
    [Theory]
    [InlineData("amqp")]
    [InlineData("mqtt")]
    public async Task A_server_that_never_answers_is_named(string scheme)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var place = $"127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}";
        var trigger = scheme == "amqp"
            ? new TriggerSpec { Name = "broker", RabbitMq = new RabbitMqSpec { Url = $"amqp://{place}", Queue = "orders" } }
            : new TriggerSpec { Name = "broker", Mqtt = new MqttSpec { Url = $"mqtt://{place}", Topic = "orders" } };
        await using var events = await EventsFixture.StartAsync(prepare: fixture => fixture.Functions.Deploy("hello", trigger), kinds: [new RabbitMqKind(), new MqttKind()]);
        var failing = await events.TriggerAsync("hello/broker", found => found.State == TriggerState.Failing);
        Assert.StartsWith($"no connection to {place}", failing.Detail, StringComparison.Ordinal);
    }
}
