using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using MQTTnet;
using MQTTnet.Protocol;

namespace Faas.Events.Tests.Mqtt;

/// <summary>What the broker keeps for a trigger, and who shares it.</summary>
public sealed class MqttSessionTests
{
    private const string Id = MqttBroker.Id;

    private static CancellationToken Ct => EventsFixture.Ct;

    [Fact]
    public async Task What_is_sent_while_the_platform_is_away_is_delivered_afterwards()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await (await MqttTests.StartedAsync(broker, "orders")).DisposeAsync();
        await sender.PublishAsync("orders", MqttTests.Bodies(10));
        await using var events = await broker.DeployAsync("orders");
        Assert.Equal(MqttTests.Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
    }

    [Fact]
    public async Task A_retained_message_comes_with_a_new_subscription_only()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await sender.PublishAsync(new MqttApplicationMessage { Topic = "state", Payload = new("on"u8.ToArray()), Retain = true, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce });
        await using var events = await MqttTests.StartedAsync(broker, "state");
        Assert.Equal(["on"], await events.SucceededAsync(Id, 1));
        Assert.Equal("true", BrokerWaits.EventOf(events.Transport.Ran[0]).Attribute("retain"));
        await events.Triggers.PauseAsync(Id, Ct);
        await events.Triggers.ResumeAsync(Id, Ct);
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        await sender.PublishAsync("state", "off");
        Assert.Equal(["on", "off"], await events.SucceededAsync(Id, 2));
    }

    [Fact]
    public async Task The_members_of_a_group_share_the_messages()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        var spec = new MqttSpec { Url = broker.Url, Topic = "orders/#", Group = "billing" };
        await using var events = await MqttBroker.DeployAsync([new TriggerSpec { Name = "one", Mqtt = spec }, new TriggerSpec { Name = "two", Mqtt = spec }]);
        await events.TriggerAsync("hello/one", trigger => trigger.State == TriggerState.Running);
        await events.TriggerAsync("hello/two", trigger => trigger.State == TriggerState.Running);
        await sender.PublishAsync("orders/new", MqttTests.Bodies(20));
        Assert.Equal(MqttTests.Bodies(20), (await events.SucceededAsync("hello/one", 20)).Order());
        var counts = events.Triggers.List("hello").Select(trigger => trigger.Events).ToList();
        Assert.Equal(20, counts.Sum());
        Assert.All(counts, count => Assert.True(count > 0));
    }

    [Fact]
    public async Task Another_topic_in_the_manifest_ends_the_old_subscription()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var sender = await broker.ConnectAsync();
        await using var events = await MqttTests.StartedAsync(broker, "old");
        await sender.PublishAsync("old", "before");
        await events.SucceededAsync(Id, 1);
        events.Functions.Deploy("hello", new TriggerSpec { Mqtt = new MqttSpec { Url = broker.Url, Topic = "new" } });
        await events.TriggerAsync(Id, trigger => trigger is { State: TriggerState.Running } && trigger.Subject.StartsWith("new", StringComparison.Ordinal));
        await sender.PublishAsync("old", "nobody's");
        await sender.PublishAsync("new", "after");
        Assert.Equal(["before", "after"], await events.SucceededAsync(Id, 2));
    }

    [Fact]
    public async Task A_session_that_another_client_takes_over_is_thought_of_where_the_broker_does_not_name_it()
    {
        await using var broker = await MqttBroker.StartAsync();
        await using var events = await MqttTests.StartedAsync(broker, "orders");
        await using var other = await broker.ConnectAsync(MqttBroker.ClientId);
        await events.FailingAsync(Id, $"has another client connected with the id '{MqttBroker.ClientId}'");
    }
}
