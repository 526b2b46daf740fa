using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using RabbitMQ.Client;

namespace Faas.Events.Tests.RabbitMq;

[Collection(SharedRabbitMq.Name)]
public sealed class RabbitMqTests(RabbitMqServer server)
{
    private const string Id = RabbitMqServer.Id;

    private static CancellationToken Ct => EventsFixture.Ct;

    [Fact]
    public async Task A_message_invokes_the_function_as_an_event_that_says_where_it_came_from()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var exchange = await broker.DeclareExchangeAsync();
        var queue = await broker.DeclareAsync(boundTo: exchange);
        await using var events = await server.DeployAsync(queue);
        await broker.PublishAsync(exchange, "order.placed", """{"order":7}""", new BasicProperties
        {
            ContentType = "application/json",
            MessageId = "m-7",
            AppId = "shop",
            CorrelationId = "c-1",
            ReplyTo = "answers",
            Priority = 4,
            Timestamp = new AmqpTimestamp(1_800_000_000),
            Headers = new Dictionary<string, object?> { ["Tenant-Id"] = "grün", ["tries"] = 3, ["urgent"] = true, ["nested"] = new List<object> { 1 } },
        });
        await events.SucceededAsync(Id, 1);
        var sent = BrokerWaits.EventOf(events.Transport.Ran[0]);
        Assert.Equal(("faas.rabbitmq.message", "/triggers/hello/rabbitmq", "order.placed"), (sent.Attribute("type"), sent.Attribute("source"), sent.Attribute("subject")));
        Assert.Equal((exchange, "order.placed", "false"), (sent.Attribute("exchange"), sent.Attribute("routingkey"), sent.Attribute("redelivered")));
        Assert.Equal(("m-7", "shop", "c-1", "answers", "4"), (sent.Attribute("messageid"), sent.Attribute("appid"), sent.Attribute("correlationid"), sent.Attribute("replyto"), sent.Attribute("priority")));
        Assert.Equal(("grün", "3", "true", null), (sent.Attribute("tenantid"), sent.Attribute("tries"), sent.Attribute("urgent"), sent.Attribute("nested")));
        Assert.Equal(("application/json", "2027-01-15T08:00:00.000Z", 7), (sent.Attribute("datacontenttype"), sent.Attribute("time"), sent.GetProperty("data").GetProperty("order").GetInt32()));
        Assert.Equal(events.Transport.Ran[0].Entry.Id, sent.Attribute("id"));
    }

    [Theory]
    [InlineData("cloudEvents:")]
    [InlineData("cloudEvents_")]
    public async Task A_cloud_event_in_binary_mode_passes_through(string prefix)
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await using var events = await server.DeployAsync(queue);
        var headers = ((string Name, string Value)[])[("specversion", "1.0"), ("id", "7"), ("source", "/shop"), ("type", "order.placed"), ("tenant", "acme")];
        await broker.PublishAsync(queue, "seven", new BasicProperties { ContentType = "text/plain", Headers = headers.ToDictionary(header => prefix + header.Name, object? (header) => header.Value) });
        await events.SucceededAsync(Id, 1);
        var sent = BrokerWaits.EventOf(events.Transport.Ran[0]);
        Assert.Equal(("7", "/shop", "order.placed", "acme"), (sent.Attribute("id"), sent.Attribute("source"), sent.Attribute("type"), sent.Attribute("tenant")));
        Assert.Equal(("text/plain", "seven", null), (sent.Attribute("datacontenttype"), sent.Attribute("data"), sent.Attribute("routingkey")));
    }

    [Fact]
    public async Task A_structured_cloud_event_passes_through_and_one_that_is_sent_twice_runs_once()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await using var events = await server.DeployAsync(queue);
        const string Sent = """{"specversion":"1.0","id":"9","source":"/shop","type":"x","extension":"kept","data":"nine"}""";
        var structured = new BasicProperties { ContentType = "application/cloudevents+json" };
        await broker.PublishAsync(queue, Sent, structured);
        await broker.PublishAsync(queue, Sent, structured);
        await broker.PublishAsync(queue, "last");
        Assert.Equal(["last", "nine"], (await events.SucceededAsync(Id, 2)).Order());
        Assert.Contains(events.Transport.Ran, claim => BrokerWaits.EventOf(claim).Attribute("extension") == "kept");
        await events.LagAsync(Id, 0);
    }

    [Fact]
    public async Task A_message_is_acknowledged_when_its_invocation_has_ended_and_not_while_it_is_tried_again()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        var gate = new TaskCompletionSource();
        await using var events = await server.DeployAsync(queue, policy: new AsyncSpec { MaxAttempts = 5 }, prepare: fixture => fixture.Transport.Run = async (claim, ct) =>
        {
            if (claim.Attempt < 3)
            {
                return FakeTransport.Failure(InvocationError.Crashed);
            }

            await gate.Task.WaitAsync(ct);
            return FakeTransport.Answer(200, "done");
        });
        await broker.PublishAsync(queue, "seven");
        await events.AfterTriesAsync(Id, trigger => events.Transport.Ran.Count == 3 && trigger.Lag == 1);
        Assert.Equal((0, 1), await broker.LookAsync(queue));   // with the consumer, not acknowledged
        gate.SetResult();
        await events.LagAsync(Id, 0);
        Assert.Single(events.Transport.Ids.Distinct());
        await events.Triggers.PauseAsync(Id, Ct);
        Assert.Equal((0, 0), await broker.LookAsync(queue));
    }

    [Fact]
    public async Task No_more_than_the_prefetch_are_under_way_and_the_lag_counts_them_as_well()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await broker.PublishAsync(queue, Bodies(10));
        var gate = new TaskCompletionSource();
        await using var events = await server.DeployAsync(queue, spec => spec with { Prefetch = 3 }, prepare: fixture => fixture.Transport.Run = (_, ct) => HeldAsync(gate, ct));
        await events.AfterTriesAsync(Id, trigger => trigger is { Lag: 10, Events: 3 });
        await broker.ReadyAsync(queue, 7);
        Assert.Equal(3, events.Transport.Ran.Count);
        gate.SetResult();
        Assert.Equal(Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
        await events.LagAsync(Id, 0);
        Assert.Equal(3, events.Transport.Most);
    }

    [Fact]
    public async Task A_trigger_that_is_paused_lets_what_runs_end_and_nothing_of_it_comes_again()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var queue = await broker.DeclareAsync();
        await broker.PublishAsync(queue, Bodies(10));
        var gate = new TaskCompletionSource();
        await using var events = await server.DeployAsync(queue, spec => spec with { Prefetch = 4 }, prepare: fixture => fixture.Transport.Run = (_, ct) => HeldAsync(gate, ct));
        await events.TriggerAsync(Id, trigger => trigger.Events == 4);
        var pausing = events.Triggers.PauseAsync(Id, Ct);
        await broker.ReadyAsync(queue, 6);
        gate.SetResult();
        Assert.Equal(TriggerState.Paused, (await pausing)!.State);
        Assert.Equal((6, 0), await broker.LookAsync(queue));
        Assert.Equal(4, events.Transport.Ran.Count);
        await events.Triggers.ResumeAsync(Id, Ct);
        Assert.Equal(Bodies(10), (await events.SucceededAsync(Id, 10)).Order());
        await events.LagAsync(Id, 0);
    }

    [Fact]
    public async Task A_queue_with_an_exchange_is_declared_durable_and_bound()
    {
        RabbitMqServer.Require();
        await using var broker = await server.ConnectAsync();
        var exchange = await broker.DeclareExchangeAsync();
        var queue = $"orders-{Guid.NewGuid():N}";
        await using var events = await server.DeployAsync(queue, spec => spec with { Exchange = exchange, RoutingKey = "order.*" });
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        Assert.Equal(queue, await broker.DeclareAsync(queue));   // refused if it were not durable
        await broker.PublishAsync(exchange, "order.placed", "seven");
        var unroutable = await Assert.ThrowsAnyAsync<Exception>(() => broker.PublishAsync(exchange, "invoice.sent", "eight"));
        Assert.Contains("NO_ROUTE", unroutable.ToString(), StringComparison.Ordinal);
        Assert.Equal(["seven"], await events.SucceededAsync(Id, 1));
    }

    internal static string[] Bodies(int count) => [.. Enumerable.Range(10, count).Select(number => $"message {number}")];

    internal static async Task<AttemptResult> HeldAsync(TaskCompletionSource gate, CancellationToken ct)
    {
        await gate.Task.WaitAsync(ct);
        return FakeTransport.Answer(200, "done");
    }
}
