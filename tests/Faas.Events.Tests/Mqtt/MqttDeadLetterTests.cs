using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Mqtt;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Faas.Events.Tests.Mqtt;

public sealed class MqttDeadLetterTests
{
    private const string Id = MqttBroker.Id;

    private static List<MqttUserProperty> Poison => MqttTestClient.Properties(("specversion", "1.0"), ("id", "7"), ("source", "/shop"));

    [Fact]
    public async Task What_fails_for_good_is_the_platforms_dead_letter_and_is_acknowledged()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await MqttTests.StartedAsync(broker, "orders", prepare: FailsWhenBad);
        await sender.PublishAsync("orders", "bad");
        await sender.PublishAsync("orders", "good");
        await events.TriggerAsync(Id, trigger => trigger is { Events: 2, Failures: 1 });
        var dead = await events.EndedAsync(events.Transport.Ran.Single(claim => BrokerWaits.TextOf(claim) == "bad").Entry.Id);
        Assert.Equal(InvocationState.DeadLettered, dead.State);
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Empty(await broker.WaitingAsync("orders"));
    }

    [Fact]
    public async Task What_fails_for_good_is_on_the_dead_letter_topic_with_why_and_nowhere_else()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var client = await broker.ConnectAsync();
        await client.SubscribeAsync("dead/orders");
        await using var events = await MqttTests.StartedAsync(broker, "orders", spec => spec with { DeadLetter = "dead/orders" }, prepare: FailsWhenBad);
        await client.PublishAsync(new MqttApplicationMessage
        {
            Topic = "orders", Payload = new("bad"u8.ToArray()), ContentType = "text/plain", QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, ResponseTopic = "answers",
            CorrelationData = [1, 2], UserProperties = MqttTestClient.Properties(("tenant", "acme")), MessageExpiryInterval = 3600,
        });
        var letter = await client.ReadAsync();
        Assert.Equal(("bad", "text/plain", "answers", "AQI="), (letter.ConvertPayloadToString(), letter.ContentType, letter.ResponseTopic, Convert.ToBase64String(letter.CorrelationData)));
        Assert.Equal(("acme", "orders", events.Transport.Ran[0].Entry.Id, 0u), (Property(letter, "tenant"), Property(letter, "faas-topic"), Property(letter, "faas-invocation"), letter.MessageExpiryInterval));
        Assert.Contains("400", Property(letter, "faas-error"), StringComparison.Ordinal);
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
        Assert.Empty(await broker.WaitingAsync("orders"));
    }

    [Fact]
    public async Task A_dead_letter_that_nobody_would_get_is_not_acknowledged_and_is_there_once_somebody_has_subscribed()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var client = await broker.ConnectAsync();
        await using var events = await MqttTests.StartedAsync(broker, "orders", spec => spec with { DeadLetter = "dead/orders" }, prepare: FailsWhenBad);
        await client.PublishAsync("orders", "bad");
        await events.FailingAsync(Id, "nobody has subscribed to the dead letters' topic 'dead/orders'");
        await client.SubscribeAsync("dead/orders");
        await events.AfterTriesAsync(Id, trigger => events.Transport.Ran.Count > 1);
        Assert.Equal("bad", (await client.ReadAsync()).ConvertPayloadToString());
    }

    [Fact]
    public async Task What_says_that_it_is_a_cloud_event_and_is_not_is_a_dead_letter_and_those_behind_it_go_on()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await MqttTests.StartedAsync(broker, "orders");
        await sender.PublishAsync("orders", "poison", null, Poison);
        await sender.PublishAsync("orders", "{ not json", "application/cloudevents+json");
        await sender.PublishAsync("orders", "good");
        var status = await events.TriggerAsync(Id, trigger => trigger is { Events: 1, Failures: 2 });
        Assert.Contains("CloudEvent", status.LastError, StringComparison.Ordinal);
        Assert.Equal("good", BrokerWaits.TextOf(Assert.Single(events.Transport.Ran)));
        Assert.Equal(2, (await events.Queue.DeadLettersAsync(EventsFixture.Ct))["hello"]);
    }

    [Fact]
    public async Task Poison_goes_to_the_dead_letter_topic_with_its_reason()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var client = await broker.ConnectAsync();
        await client.SubscribeAsync("dead/orders");
        await using var events = await MqttTests.StartedAsync(broker, "orders", spec => spec with { DeadLetter = "dead/orders" });
        await client.PublishAsync("orders", "poison", null, Poison);
        await client.PublishAsync("orders", "good");
        var letter = await client.ReadAsync();
        Assert.Contains("no 'type'", Property(letter, "faas-error"), StringComparison.Ordinal);
        Assert.Equal(("7", null), (Property(letter, "id"), Property(letter, "faas-invocation")));
        await events.TriggerAsync(Id, trigger => trigger is { Events: 1, Failures: 1 } && trigger.LastError!.Contains("no 'type'", StringComparison.Ordinal));
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Theory]
    [InlineData("orders/#", "orders/dead", "mqtt.deadLetter: 'orders/dead' matches 'orders/#'")]
    [InlineData("orders/#/new", null, "mqtt.topic: 'orders/#/new' is no topic filter")]
    [InlineData("orders/+", "dead/orders", null)]
    public void What_cannot_work_is_refused_at_deployment(string topic, string? deadLetter, string? problem)
    {
        var found = new MqttKind().ProblemOf(Id, new TriggerSpec { Mqtt = new MqttSpec { Url = "mqtt://localhost", Topic = topic, DeadLetter = deadLetter } });
        Assert.StartsWith(problem ?? "", found ?? "", StringComparison.Ordinal);
        Assert.Equal(problem is null, found is null);
    }

    private static void FailsWhenBad(EventsFixture fixture) =>
        fixture.Transport.Run = (claim, _) => Task.FromResult(FakeTransport.Answer(BrokerWaits.TextOf(claim) == "bad" ? 400 : 200, "said so"));

    private static string? Property(MqttApplicationMessage letter, string name) => letter.UserProperties?.FirstOrDefault(property => property.Name == name)?.ReadValueAsString();
}
