using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using MQTTnet;
using MQTTnet.Protocol;

namespace Faas.Events.Tests.Mqtt;

public sealed class MqttTests
{
    private const string Id = MqttBroker.Id;

    private static CancellationToken Ct => EventsFixture.Ct;

    [Fact]
    public async Task A_message_invokes_the_function_as_an_event_that_says_where_it_came_from()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await StartedAsync(broker, "sensors/+/temperature");
        await sender.PublishAsync(new MqttApplicationMessage
        {
            Topic = "sensors/7/temperature", Payload = new(Encoding.UTF8.GetBytes("""{"celsius":21.5}""")), ContentType = "application/json", QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            ResponseTopic = "answers", CorrelationData = [1, 2, 3], UserProperties = MqttTestClient.Properties(("Tenant-Id", "grün"), ("unit", "C")),
        });
        await events.SucceededAsync(Id, 1);
        var sent = BrokerWaits.EventOf(events.Transport.Ran[0]);
        Assert.Equal(("faas.mqtt.message", "/triggers/hello/mqtt", "sensors/7/temperature"), (sent.Attribute("type"), sent.Attribute("source"), sent.Attribute("subject")));
        Assert.Equal(("false", "1", "answers", "AQID"), (sent.Attribute("retain"), sent.Attribute("qos"), sent.Attribute("responsetopic"), sent.Attribute("correlationdata")));
        Assert.Equal(("grün", "C", "application/json", 21.5), (sent.Attribute("tenantid"), sent.Attribute("unit"), sent.Attribute("datacontenttype"), sent.GetProperty("data").GetProperty("celsius").GetDouble()));
        Assert.Null((await events.TriggerAsync(Id, _ => true)).Lag);   // nobody knows
    }

    [Fact]
    public async Task A_cloud_event_in_binary_mode_passes_through_and_one_that_is_sent_twice_runs_once()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await StartedAsync(broker, "orders");
        var attributes = MqttTestClient.Properties(("specversion", "1.0"), ("id", "7"), ("source", "/shop"), ("type", "order.placed"), ("tenant", "acme"), ("Not-One", "x"));
        await sender.PublishAsync("orders", "seven", "text/plain", attributes);
        await sender.PublishAsync("orders", "seven", "text/plain", attributes);
        await sender.PublishAsync("orders", "last");
        Assert.Equal(["last", "seven"], (await events.SucceededAsync(Id, 2)).Order());
        var sent = BrokerWaits.EventOf(events.Transport.Ran.Single(claim => BrokerWaits.TextOf(claim) == "seven"));
        Assert.Equal(("7", "/shop", "order.placed", "acme"), (sent.Attribute("id"), sent.Attribute("source"), sent.Attribute("type"), sent.Attribute("tenant")));
        Assert.Equal(("text/plain", null, null), (sent.Attribute("datacontenttype"), sent.Attribute("Not-One"), sent.Attribute("retain")));
    }

    [Fact]
    public async Task A_structured_cloud_event_passes_through()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await StartedAsync(broker, "orders");
        await sender.PublishAsync("orders", """{"specversion":"1.0","id":"9","source":"/shop","type":"x","extension":"kept","data":"nine"}""", "application/cloudevents+json; charset=utf-8");
        Assert.Equal(["nine"], await events.SucceededAsync(Id, 1));
        Assert.Equal("kept", BrokerWaits.EventOf(events.Transport.Ran[0]).Attribute("extension"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Messages_come_with_any_quality_of_service(int qos)
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await StartedAsync(broker, "orders", spec => spec with { Qos = qos, Concurrency = 2 });
        foreach (var body in Bodies(10))
        {
            await sender.PublishAsync(new MqttApplicationMessage { Topic = "orders", Payload = new(Encoding.UTF8.GetBytes(body)), QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos });
        }

        Assert.Equal(Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
        Assert.Equal($"{qos}", BrokerWaits.EventOf(events.Transport.Ran[0]).Attribute("qos"));
        await events.Triggers.PauseAsync(Id, Ct);
        Assert.Empty(await broker.WaitingAsync("orders"));
    }

    [Fact]
    public async Task A_message_is_acknowledged_when_its_invocation_has_ended_and_not_while_it_is_tried_again()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var events = await StartedAsync(broker, "orders", policy: new AsyncSpec { MaxAttempts = 5 }, prepare: fixture => fixture.Transport.Run = (claim, ct) =>
            BrokerWaits.TextOf(claim) == "good" ? Task.FromResult(FakeTransport.Answer(200, "done"))
                : claim.Attempt < 3 ? Task.FromResult(FakeTransport.Failure(InvocationError.Crashed))
                : FakeTransport.UntilStoppedAsync(ct));
        await sender.PublishAsync("orders", "good");
        await events.SucceededAsync(Id, 1);
        await sender.PublishAsync("orders", "bad");
        await events.AfterTriesAsync(Id, _ => events.Transport.Ran.Count == 4);
        Directory.Delete(await events.KillAsync(), recursive: true);
        Assert.Equal(["bad"], await broker.WaitingAsync("orders"));
    }

    [Fact]
    public async Task No_more_than_the_concurrency_are_under_way()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var gate = new TaskCompletionSource();
        await using var events = await StartedAsync(broker, "orders", spec => spec with { Concurrency = 3 }, prepare: fixture => fixture.Transport.Run = (_, ct) => HeldAsync(gate, ct));
        await sender.PublishAsync("orders", Bodies(10));
        await events.TriggerAsync(Id, trigger => trigger.Events == 3);
        gate.SetResult();
        Assert.Equal(Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
        Assert.Equal(3, events.Transport.Most);
    }

    [Fact]
    public async Task A_trigger_that_is_paused_lets_what_runs_end_and_nothing_of_it_comes_again()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var gate = new TaskCompletionSource();
        await using var events = await StartedAsync(broker, "orders", spec => spec with { Concurrency = 4 }, prepare: fixture => fixture.Transport.Run = (_, ct) => HeldAsync(gate, ct));
        await sender.PublishAsync("orders", Bodies(10));
        await events.TriggerAsync(Id, trigger => trigger.Events == 4);
        var pausing = events.Triggers.PauseAsync(Id, Ct);
        gate.SetResult();
        Assert.Equal(TriggerState.Paused, (await pausing)!.State);
        Assert.Equal(4, events.Transport.Ran.Count);
        await events.Triggers.ResumeAsync(Id, Ct);
        Assert.Equal(Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
    }

    [Fact]
    public async Task What_has_run_behind_a_message_that_takes_long_does_not_come_again()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await StartedAsync(broker, "orders", prepare: fixture => fixture.Transport.Run = (claim, ct) =>
            BrokerWaits.TextOf(claim) == "message 10" ? FakeTransport.UntilStoppedAsync(ct) : Task.FromResult(FakeTransport.Answer(200, "done")));
        await sender.PublishAsync("orders", Bodies(5));
        await events.TriggerAsync(Id, trigger => trigger.Events == 5);
        foreach (var id in events.Transport.Ran.Where(claim => BrokerWaits.TextOf(claim) != "message 10").Select(claim => claim.Entry.Id))
        {
            await events.EndedAsync(id);
        }

        var pausing = events.Triggers.PauseAsync(Id, Ct);
        await events.AfterTriesAsync(Id, _ => pausing.IsCompleted);   // the drain's time is over
        Assert.Equal(["message 10"], await broker.WaitingAsync("orders"));
    }

    internal static string[] Bodies(int count) => [.. Enumerable.Range(10, count).Select(number => $"message {number}")];

    internal static async Task<AttemptResult> HeldAsync(TaskCompletionSource gate, CancellationToken ct)
    {
        await gate.Task.WaitAsync(ct);
        return FakeTransport.Answer(200, "done");
    }

    /// <summary>The platform once it has subscribed: what is sent before that, nobody has.</summary>
    internal static async Task<EventsFixture> StartedAsync(
        MqttBroker broker, string topic, Func<MqttSpec, MqttSpec>? with = null, AsyncSpec? policy = null, Action<EventsFixture>? prepare = null)
    {
        var events = await broker.DeployAsync(topic, with, policy, prepare: prepare);
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        return events;
    }
}
