using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Mqtt;

public sealed class MqttOutageTests
{
    private const string Id = MqttBroker.Id;
    private const string Password = "p@ss/w:rd#%2F?&=+ü";

    private static CancellationToken Ct => EventsFixture.Ct;

    [Fact]
    public async Task A_broker_that_is_down_at_the_start_is_named_and_what_it_has_is_delivered_when_it_is_up()
    {
        await using var broker = await MqttBroker.StartAsync();
        await (await MqttTests.StartedAsync(broker, "orders")).DisposeAsync();
        await using (var sender = await broker.ConnectAsync())
        {
            await sender.PublishAsync("orders", MqttTests.Bodies(10));
        }

        await broker.SavedAsync("message 19");
        await broker.KillAsync();
        await using var events = await broker.DeployAsync("orders");
        await events.FailingAsync(Id, $"no broker answers at 127.0.0.1:{broker.Port}");
        await broker.StartAgainAsync();
        Assert.Equal(MqttTests.Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
    }

    [Fact]
    public async Task A_broker_that_is_killed_in_the_middle_is_named_and_nothing_that_it_had_saved_is_lost()
    {
        await using var broker = await MqttBroker.StartAsync();
        var gate = new TaskCompletionSource();
        await using var events = await MqttTests.StartedAsync(broker, "orders", spec => spec with { Concurrency = 5 }, prepare: fixture => fixture.Transport.Run = async (claim, ct) =>
        {
            await (BrokerWaits.TextOf(claim).EndsWith('4') ? gate.Task : Task.CompletedTask).WaitAsync(ct);   // message 14 runs on while the broker is away, and those that have run behind it are not acknowledged
            return FakeTransport.Answer(200, "done");
        });
        await using (var sender = await broker.ConnectAsync())
        {
            await sender.PublishAsync("orders", MqttTests.Bodies(30));
        }

        await broker.SavedAsync("message 39");
        await events.TriggerAsync(Id, _ => events.Transport.Ran.Any(claim => BrokerWaits.TextOf(claim) == "message 18"));
        await broker.KillAsync();
        await events.FailingAsync(Id, $"the connection to 127.0.0.1:{broker.Port} was lost");
        gate.SetResult();
        await broker.StartAgainAsync();
        Assert.Equal(MqttTests.Bodies(30), (await events.SucceededAsync(Id, 30)).Distinct().Order());
    }

    [Fact]
    public async Task The_platform_killed_in_the_middle_runs_everything_and_a_cloud_event_is_one_invocation()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var events = await MqttTests.StartedAsync(broker, "orders", spec => spec with { Concurrency = 4 }, prepare: fixture => fixture.Transport.Run = (claim, ct) =>
            string.CompareOrdinal(BrokerWaits.TextOf(claim), "message 13") < 0 ? Task.FromResult(FakeTransport.Answer(200, "done")) : FakeTransport.UntilStoppedAsync(ct));
        foreach (var body in MqttTests.Bodies(10))
        {
            await sender.PublishAsync("orders", body, "text/plain", MqttTestClient.Properties(("specversion", "1.0"), ("id", body), ("source", "/shop"), ("type", "x")));
        }

        await events.TriggerAsync(Id, trigger => trigger.Events == 7);
        var before = events.Transport.Ids.ToHashSet();
        var folder = await events.KillAsync();

        await using var again = await broker.DeployAsync("orders", spec => spec with { Concurrency = 4 }, folder: folder);
        await again.SucceededAsync(Id, 7);
        Assert.Equal(MqttTests.Bodies(10)[3..], again.Transport.Ran.Select(BrokerWaits.TextOf).Distinct().Order());
        Assert.Equal(10, before.Union(again.Transport.Ids).Count());
        foreach (var id in before.Union(again.Transport.Ids))
        {
            Assert.Equal(InvocationState.Succeeded, (await again.EndedAsync(id)).State);
        }
    }

    [Fact]
    public async Task A_message_without_an_identity_runs_at_least_once_when_the_platform_is_killed()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var events = await MqttTests.StartedAsync(broker, "orders", prepare: fixture => fixture.Transport.Run = (_, ct) => FakeTransport.UntilStoppedAsync(ct));
        await sender.PublishAsync("orders", MqttTests.Bodies(3));
        await events.TriggerAsync(Id, trigger => trigger.Events == 3);
        var folder = await events.KillAsync();
        await using var again = await broker.DeployAsync("orders", folder: folder);
        Assert.Equal(MqttTests.Bodies(3), (await again.SucceededAsync(Id, 3)).Distinct().Order());
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_is_not_shown()
    {
        await using var broker = await MqttBroker.StartAsync(Password);
        await using var events = await broker.DeployAsync("orders", spec => spec with { Url = $"mqtt://app:not-that-one@127.0.0.1:{broker.Port}" });
        var failing = await events.FailingAsync(Id, $"127.0.0.1:{broker.Port} refuses the user or the password");
        Assert.DoesNotContain("not-that-one", failing.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_in_the_address_is_filled_in_whatever_it_has_and_a_missing_one_is_named()
    {
        await using var broker = await MqttBroker.StartAsync(Password);
        await using var events = await broker.DeployAsync("orders", spec => spec with { Url = $"mqtt://app:${{SHOP_PASSWORD}}@127.0.0.1:{broker.Port}" });
        await events.FailingAsync(Id, "there is no secret 'SHOP_PASSWORD'");
        events.Secrets["SHOP_PASSWORD"] = Password;
        await events.AfterTriesAsync(Id, trigger => trigger.State == TriggerState.Running);
    }

    [Fact]
    public async Task A_port_that_is_not_encrypted_is_named_where_encryption_is_wanted()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var events = await broker.DeployAsync("orders", spec => spec with { Url = $"mqtts://127.0.0.1:{broker.Port}" });
        await events.FailingAsync(Id, "encrypted");
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 3, 0, 0x88, 0 }, "refuses the connection: server unavailable")]
    [InlineData(new byte[] { 0x20, 3, 0, 0x84, 0 }, "does not speak MQTT 5")]
    [InlineData(new byte[] { 0x20, 3, 0, 0x85, 0 }, "refuses the client's id 'faas-hello-mqtt'")]
    [InlineData(new byte[] { 0x20, 3, 0, 0, 0, 0x90, 4, 0, 1, 0, 0x87 }, "refuses the subscription of 'orders': not authorized")]
    [InlineData(new byte[] { 0x20, 3, 0, 0, 0, 0x90, 4, 0, 1, 0, 0 }, "grants the subscription of 'orders' only with QoS 0")]
    [InlineData(new byte[] { 0x20, 3, 0, 0, 0, 0x90, 4, 0, 1, 0, 1, 0xE0, 2, 0x8E, 0 }, "has taken the session at")]
    [InlineData(new byte[] { 0x20, 3, 0, 0, 0, 0x90, 4, 0, 1, 0, 1, 0xE0, 2, 0x8B, 0 }, "was lost: server shutting down")]
    public async Task What_mosquitto_never_says_is_named_as_well(byte[] says, string text)
    {
        using var broker = new TcpListener(IPAddress.Loopback, 0);
        broker.Start();
        var serving = ServeAsync(broker, says);
        var port = ((IPEndPoint)broker.LocalEndpoint).Port;
        var trigger = new TriggerSpec { Mqtt = new MqttSpec { Url = $"mqtt://127.0.0.1:{port}", Topic = "orders" } };
        await using (var events = await MqttBroker.DeployAsync([trigger]))
        {
            Assert.Contains($"127.0.0.1:{port}", (await events.FailingAsync(Id, text)).Detail, StringComparison.Ordinal);
        }

        broker.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    /// <summary>A broker that answers the connection, then the subscription, and whatever it has to say after them at once.</summary>
    private static async Task ServeAsync(TcpListener listener, byte[] says)
    {
        const int ConnectionAnswer = 5;   // bytes
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync(Ct);
            var stream = client.GetStream();
            var packet = new byte[1000];
            Assert.NotEqual(0, await stream.ReadAsync(packet, Ct));   // CONNECT
            await stream.WriteAsync(says.AsMemory(0, ConnectionAnswer), Ct);
            if (says.Length > ConnectionAnswer && await stream.ReadAsync(packet, Ct) > 0)   // SUBSCRIBE, the client's first packet with an identifier, 1
            {
                await stream.WriteAsync(says.AsMemory(ConnectionAnswer), Ct);
            }

            while (await stream.ReadAsync(packet, Ct) > 0)
            {
                // DISCONNECT, and the end.
            }
        }
    }
}
