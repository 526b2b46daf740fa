using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Brokers;
using Faas.Events.Triggers;

namespace Faas.Events.Tests;

/// <summary>What becomes of a broker's messages, whatever broker it is.</summary>
public sealed class MessageDeliveriesTests
{
    private const string Trigger = "hello/broker";

    private readonly ConcurrentQueue<(BrokerMessage Message, string? Invocation, string Reason)> _place = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_given_to_the_function_as_a_CloudEvent()
    {
        var message = new BrokerMessage
        {
            Body = """{"id":7}"""u8.ToArray(), Subject = "orders.new", Identity = "41", ContentType = "application/json", SentAt = EventsFixture.Noon,
            Properties = new Dictionary<string, string> { ["Reply-To"] = "answers", ["id"] = "not this one" },
        };
        await using var fixture = await StartAsync(deliveries => deliveries.DeliverAsync(message, Ct));
        await fixture.Transport.BeganAsync();
        var claim = Assert.Single(fixture.Transport.Ran);
        using var given = JsonDocument.Parse(claim.Body);
        Assert.Equal(
            [("specversion", "1.0"), ("id", claim.Entry.Id), ("source", "/triggers/hello/broker"), ("type", "faas.test.message"), ("time", "2026-11-29T12:00:00.000Z"), ("subject", "orders.new"),
                ("replyto", "answers"), ("datacontenttype", "application/json"), ("data", """{"id":7}""")],
            given.RootElement.EnumerateObject().Select(property => (property.Name, property.Value.ToString())));
        Assert.Equal(new HeaderField("Content-Type", "application/cloudevents+json"), Assert.Single(claim.Entry.Request.Headers));
    }

    [Fact]
    public async Task A_message_that_is_delivered_twice_runs_once()
    {
        var message = Message("a", identity: "41");
        await using var fixture = await StartAsync(async deliveries =>
        {
            await deliveries.DeliverAsync(message, Ct);
            await deliveries.DeliverAsync(message, Ct);
        });
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        Assert.Single(fixture.Transport.Ran);
    }

    [Fact]
    public async Task Another_message_under_an_old_name_is_another_event()
    {
        await using var fixture = await StartAsync(async deliveries =>
        {
            await deliveries.DeliverAsync(Message("a", identity: "41"), Ct);
            await deliveries.DeliverAsync(Message("b", identity: "41"), Ct);
            await deliveries.DeliverAsync(Message("b", identity: null), Ct);
            await deliveries.DeliverAsync(Message("b", identity: null), Ct);
        });
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        Assert.Equal(4, fixture.Transport.Ran.Count);
    }

    [Fact]
    public async Task A_CloudEvent_in_binary_mode_keeps_its_attributes_and_is_known_by_its_source_and_id()
    {
        var message = Message("{}", identity: null) with
        {
            Attributes = new Dictionary<string, string> { ["specversion"] = "1.0", ["id"] = "e-1", ["source"] = "/shop", ["type"] = "order.placed", ["tenant"] = "50% off" },
        };
        await using var fixture = await StartAsync(async deliveries =>
        {
            await deliveries.DeliverAsync(message, Ct);
            await deliveries.DeliverAsync(message, Ct);
        });
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        using var given = JsonDocument.Parse(Assert.Single(fixture.Transport.Ran).Body);
        Assert.Equal("/shop", given.RootElement.GetProperty("source").GetString());
        Assert.Equal("50% off", given.RootElement.GetProperty("tenant").GetString());
    }

    [Fact]
    public async Task What_says_that_it_is_a_CloudEvent_and_is_none_becomes_a_dead_letter_of_the_platform()
    {
        var message = Message("{\"id\":", identity: "41") with { ContentType = "application/cloudevents+json" };
        await using var fixture = await StartAsync(deliveries => deliveries.DeliverAsync(message, Ct));
        var trigger = await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        Assert.Equal(1, trigger.Failures);
        var dead = Assert.Single(await fixture.Queue.ListAsync(InvocationState.DeadLettered, "hello", null, 10, Ct));
        Assert.StartsWith("the CloudEvent is not JSON", dead.Reason, StringComparison.Ordinal);
        Assert.Empty(fixture.Transport.Ran);
        using var kept = JsonDocument.Parse(await fixture.Queue.ReadBodyAsync(dead.Entry.Id, Ct));
        Assert.Equal("{\"id\":", kept.RootElement.GetProperty("data").GetString());
    }

    [Fact]
    public async Task A_buried_message_can_be_redriven_as_bare_data()
    {
        var message = Message("{\"id\":", identity: "41") with { ContentType = "application/cloudevents+json" };
        await using var fixture = await StartAsync(deliveries => deliveries.DeliverAsync(message, Ct));
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        Assert.Equal(1, await fixture.Desk.RedriveAsync(new Storage.DeadLetterChoice(null, "hello"), Ct));
        await fixture.Transport.BeganAsync();
        Assert.Equal(InvocationState.Succeeded, (await fixture.EndedAsync(fixture.Transport.Ran[0].Entry.Id)).State);
    }

    [Fact]
    public async Task What_fails_for_good_stays_with_the_platform_where_the_broker_has_no_place_for_it()
    {
        await using var fixture = await StartAsync(deliveries => deliveries.DeliverAsync(Message("a", identity: "41"), Ct), run: FakeTransport.Failure(InvocationError.InitFailed));
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        Assert.Single(await fixture.Queue.ListAsync(InvocationState.DeadLettered, "hello", null, 10, Ct));
    }

    [Fact]
    public async Task What_fails_for_good_goes_to_the_brokers_own_place_and_nowhere_else()
    {
        await using var fixture = await StartAsync(
            deliveries => deliveries.DeliverAsync(Message("a", identity: "41"), Ct), run: FakeTransport.Failure(InvocationError.InitFailed), place: new Place(_place));
        await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        var put = Assert.Single(_place);
        Assert.Equal("a", Encoding.UTF8.GetString(put.Message.Body.Span));
        Assert.Equal(fixture.Transport.Ran[0].Entry.Id, put.Invocation);
        Assert.Contains("it failed", put.Reason, StringComparison.Ordinal);
        Assert.Empty(await fixture.Queue.ListAsync(InvocationState.DeadLettered, "hello", null, 10, Ct));
    }

    [Fact]
    public async Task Poison_goes_to_the_brokers_own_place_too()
    {
        var message = Message("no", identity: null) with { Attributes = new Dictionary<string, string> { ["id"] = "e-1" } };
        await using var fixture = await StartAsync(deliveries => deliveries.DeliverAsync(message, Ct), place: new Place(_place));
        var trigger = await fixture.TriggerAsync(Trigger, trigger => trigger.Detail == Done);
        var put = Assert.Single(_place);
        Assert.StartsWith("the CloudEvent has no 'specversion'", put.Reason, StringComparison.Ordinal);
        Assert.Equal((null, 1), (put.Invocation, trigger.Failures));
        Assert.Empty(await fixture.Queue.ListAsync(InvocationState.DeadLettered, "hello", null, 10, Ct));
    }

    [Fact]
    public async Task Secrets_are_put_into_addresses_as_addresses_must_be_written()
    {
        var filled = new TaskCompletionSource<(string, string)>();
        await using var fixture = await StartAsync(_ => Task.CompletedTask, prepare: fixture =>
        {
            fixture.Secrets["PW"] = "p@ss/w:rd%";
            fixture.Source.Run = async (context, ct) => filled.TrySetResult((await context.FillAddressAsync("amqp://app:${PW}@host", ct), await context.FillAsync("${PW}!", ct)));
        });
        Assert.Equal(("amqp://app:p%40ss%2Fw%3Ard%25@host", "p@ss/w:rd%!"), await filled.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct));
    }

    [Fact]
    public async Task A_secret_that_there_is_not_is_named_in_status()
    {
        await using var fixture = await StartAsync(_ => Task.CompletedTask, prepare: fixture => fixture.Source.Run = (context, ct) => context.FillAddressAsync("amqp://app:${PW}@host", ct));
        var trigger = await fixture.TriggerAsync(Trigger, trigger => trigger.Detail is not null);
        Assert.Equal("there is no secret 'PW'; `faas secret set PW` makes it", trigger.Detail);
    }

    private const string Done = "the source has done all";

    private static BrokerMessage Message(string body, string? identity) => new() { Body = Encoding.UTF8.GetBytes(body), Subject = "orders", Identity = identity };

    private static Task<EventsFixture> StartAsync(
        Func<MessageDeliveries, Task> source, AttemptResult? run = null, IDeadLetterPlace? place = null, Action<EventsFixture>? prepare = null) => EventsFixture.StartAsync(prepare: fixture =>
    {
        if (run is not null)
        {
            fixture.Transport.Run = (_, _) => Task.FromResult(run);
        }

        fixture.Source.Run = async (context, ct) =>
        {
            context.Status.Connected();
            await source(new MessageDeliveries(context, new MessageEvents(context, "faas.test.message"), place));
            context.Status.Failed(Done);
            await new TaskCompletionSource().Task.WaitAsync(ct);
        };
        prepare?.Invoke(fixture);
        fixture.Functions.Deploy("hello", new AsyncSpec { MaxAttempts = 1 }, 10, [new TriggerSpec { Name = "broker" }]);
    });

    private sealed class Place(ConcurrentQueue<(BrokerMessage Message, string? Invocation, string Reason)> letters) : IDeadLetterPlace
    {
        public Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct)
        {
            letters.Enqueue((message, invocation, reason));
            return Task.CompletedTask;
        }
    }
}
