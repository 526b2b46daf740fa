using System.Text;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using RabbitMQ.Client;

namespace Faas.Events.Tests.RabbitMq;

[Collection(SharedRabbitMq.Name)]
public sealed class RabbitMqDeadLetterTests(RabbitMqServer server)
{
    private const string Id = RabbitMqServer.Id;

    private static readonly BasicProperties Poison = new() { Headers = new Dictionary<string, object?> { ["cloudEvents:specversion"] = "1.0", ["cloudEvents:id"] = "7", ["cloudEvents:source"] = "/shop" } };

    [Fact]
    public async Task What_fails_for_good_is_the_platforms_dead_letter_and_is_acknowledged()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await using var events = await server.DeployAsync(queue, prepare: FailsWhenBad);
        await broker.PublishAsync(queue, "bad");
        await broker.PublishAsync(queue, "good");
        await events.AfterTriesAsync(Id, trigger => trigger is { Events: 2, Failures: 1, Lag: 0 });
        var dead = await events.EndedAsync(events.Transport.Ran.Single(claim => BrokerWaits.TextOf(claim) == "bad").Entry.Id);
        Assert.Equal(InvocationState.DeadLettered, dead.State);
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Equal((0, 0), await broker.LookAsync(queue));
    }

    [Fact]
    public async Task What_fails_for_good_is_at_the_dead_letter_exchange_with_why_and_nowhere_else()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        var exchange = await broker.DeclareExchangeAsync();
        var dead = await broker.DeclareAsync(boundTo: exchange);
        await using var events = await server.DeployAsync(queue, spec => spec with { DeadLetter = exchange }, prepare: FailsWhenBad);
        await broker.PublishAsync(queue, "bad", new BasicProperties
        {
            ContentType = "text/plain", MessageId = "m-7", UserId = "guest", Expiration = "3600000", Headers = new Dictionary<string, object?> { ["tenant"] = "acme", ["CC"] = new List<object> { queue + "x" } },
        });
        await broker.ReadyAsync(dead, 1);
        await events.LagAsync(Id, 0);
        var letter = (await broker.TakeAsync(dead))!;
        Assert.Equal(("bad", queue, exchange), (Encoding.UTF8.GetString(letter.Body.Span), letter.RoutingKey, letter.Exchange));
        Assert.Equal(("text/plain", "m-7", true, null, null), (letter.BasicProperties.ContentType, letter.BasicProperties.MessageId, letter.BasicProperties.Persistent, letter.BasicProperties.UserId, letter.BasicProperties.Expiration));
        Assert.Equal(("acme", queue, events.Transport.Ran[0].Entry.Id), (Header(letter, "tenant"), Header(letter, "x-faas-queue"), Header(letter, "x-faas-invocation")));
        Assert.Contains("400", Header(letter, "x-faas-error"), StringComparison.Ordinal);
        Assert.Null(Header(letter, "CC"));
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Equal((0, 0), await broker.LookAsync(queue));
    }

    [Fact]
    public async Task A_dead_letter_that_no_queue_takes_is_not_acknowledged_and_is_there_once_a_queue_is_bound()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        var exchange = await broker.DeclareExchangeAsync();
        await using var events = await server.DeployAsync(queue, spec => spec with { DeadLetter = exchange }, prepare: FailsWhenBad);
        await broker.PublishAsync(queue, "bad", new BasicProperties { MessageId = "m-7" });
        await events.FailingAsync(Id, $"no queue takes dead letters with the routing key '{queue}' from exchange '{exchange}'");
        var dead = await broker.DeclareAsync(boundTo: exchange);
        await events.LagAsync(Id, 0);
        Assert.Equal((1, 0), await broker.LookAsync(dead));
        Assert.Single(events.Transport.Ran);
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Fact]
    public async Task What_says_that_it_is_a_cloud_event_and_is_not_is_a_dead_letter_and_those_behind_it_go_on()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await using var events = await server.DeployAsync(queue);
        await broker.PublishAsync(queue, "poison", Poison);
        await broker.PublishAsync(queue, "{ not json", new BasicProperties { ContentType = "application/cloudevents+json" });
        await broker.PublishAsync(queue, "good");
        var status = await events.AfterTriesAsync(Id, trigger => trigger is { Events: 1, Failures: 2, Lag: 0, State: TriggerState.Running });
        Assert.Contains("CloudEvent", status.LastError, StringComparison.Ordinal);
        Assert.Equal("good", BrokerWaits.TextOf(Assert.Single(events.Transport.Ran)));
        Assert.Equal(2, (await events.Queue.DeadLettersAsync(EventsFixture.Ct))["hello"]);
    }

    [Fact]
    public async Task Poison_goes_to_the_dead_letter_exchange_with_its_reason()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        var exchange = await broker.DeclareExchangeAsync();
        var dead = await broker.DeclareAsync(boundTo: exchange);
        await using var events = await server.DeployAsync(queue, spec => spec with { DeadLetter = exchange });
        await broker.PublishAsync(queue, "poison", Poison);
        await broker.PublishAsync(queue, "good");
        await events.AfterTriesAsync(Id, trigger => trigger is { Events: 1, Failures: 1, Lag: 0 } && trigger.LastError!.Contains("no 'type'", StringComparison.Ordinal));
        var letter = (await broker.TakeAsync(dead))!;
        Assert.Contains("no 'type'", Header(letter, "x-faas-error"), StringComparison.Ordinal);
        Assert.Equal(("7", null), (Header(letter, "cloudEvents:id"), Header(letter, "x-faas-invocation")));
        Assert.Empty(await events.Queue.DeadLettersAsync(EventsFixture.Ct));
    }

    [Fact]
    public async Task A_dead_letter_exchange_that_is_not_there_is_named_before_anything_fails()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        var exchange = $"events-{Guid.NewGuid():N}";
        await using var events = await server.DeployAsync(queue, spec => spec with { DeadLetter = exchange });
        await events.FailingAsync(Id, $"there is no exchange '{exchange}' at 127.0.0.1:{server.Port}, which 'deadLetter' names");
        await broker.DeclareExchangeAsync(exchange);
        await events.LagAsync(Id, 0);
    }

    private static void FailsWhenBad(EventsFixture fixture) =>
        fixture.Transport.Run = (claim, _) => Task.FromResult(FakeTransport.Answer(BrokerWaits.TextOf(claim) == "bad" ? 400 : 200, "said so"));

    private static string? Header(BasicGetResult letter, string name) =>
        letter.BasicProperties.Headers?.TryGetValue(name, out var value) == true ? value is byte[] text ? Encoding.UTF8.GetString(text) : $"{value}" : null;
}
