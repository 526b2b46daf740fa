using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Events.Triggers;

namespace Faas.Events.Tests.Triggers;

public sealed class TriggerHostTests
{
    private const string Id = "hello/broker";
    private const string NamedId = "hello/named";

    private static readonly TriggerSpec Broker = new() { Name = "broker" };

    [Fact]
    public async Task A_source_that_fails_is_run_again_after_pauses_that_double_and_its_failure_is_shown()
    {
        await using var events = await StartAsync((_, _) => throw new IOException("no broker at amqp://nowhere"));
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            var failing = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing && trigger.AgainAt > events.Clock.GetUtcNow());
            Assert.Equal("no broker at amqp://nowhere", failing.Detail);
            Assert.Equal(seconds, (failing.AgainAt!.Value - events.Clock.GetUtcNow()).TotalSeconds, 0.5);
            var runs = events.Source.Runs;
            await events.AfterAsync(TimeSpan.FromSeconds(seconds), Id, _ => events.Source.Runs > runs);
        }
    }

    [Fact]
    public async Task A_source_that_ends_by_itself_is_run_again()
    {
        await using var events = await StartAsync((_, _) => Task.CompletedTask);
        Assert.Contains("ended by itself", (await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, _ => events.Source.Runs > 1);
    }

    [Fact]
    public async Task A_deleted_functions_trigger_stops_and_is_forgotten()
    {
        await using var events = await StartAsync(async (context, ct) =>
        {
            await context.SaveStateAsync("{}", ct);
            context.Status.Connected();
            await new TaskCompletionSource().Task.WaitAsync(ct);
        });
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Running);
        events.Functions.Delete("hello");
        await GoneAsync(events);
        Assert.Equal(0, events.Source.Running);
        Assert.Empty(await events.TriggerStore.LoadAsync(EventsFixture.Ct));
    }

    [Fact]
    public async Task A_function_that_is_deleted_and_deployed_again_at_once_begins_anew()
    {
        await using var events = await StartAsync(async (context, ct) =>
        {
            context.Status.Failed(context.State ?? "new");   // shown as its detail
            await context.SaveStateAsync("old", ct);
            context.Status.Lag(1);
            await new TaskCompletionSource().Task.WaitAsync(ct);
        });
        await events.TriggerAsync(Id, trigger => trigger.Lag == 1);
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        events.Functions.Delete("hello");
        events.Functions.Deploy("hello", Broker);
        Assert.Equal("new", (await events.TriggerAsync(Id, trigger => trigger is { State: TriggerState.Failing, Lag: 1 })).Detail);
        Assert.Equal(2, events.Source.Runs);
    }

    [Fact]
    public async Task A_trigger_that_a_deployment_leaves_out_stops()
    {
        await using var events = await StartAsync();
        await events.AfterAsync(TimeSpan.Zero, Id, _ => events.Source.Running == 1);
        events.Functions.Deploy("hello");
        await GoneAsync(events);
        Assert.Equal(0, events.Source.Running);
    }

    [Fact]
    public async Task A_deployment_that_does_not_change_the_trigger_leaves_its_source_alone()
    {
        await using var events = await StartAsync();
        await events.AfterAsync(TimeSpan.Zero, Id, _ => events.Source.Running == 1);
        events.Functions.Deploy("hello", Broker, new TriggerSpec { Topic = "orders" });
        await events.TriggerAsync("hello/orders", trigger => trigger.State == TriggerState.Running);
        Assert.Equal(1, events.Source.Runs);
    }

    [Fact]
    public async Task A_paused_trigger_has_no_source_and_one_that_is_resumed_has_one_again()
    {
        await using var events = await StartAsync();
        await events.AfterAsync(TimeSpan.Zero, Id, _ => events.Source.Running == 1);
        await events.Triggers.PauseAsync(Id, EventsFixture.Ct);
        Assert.Equal(0, events.Source.Running);
        await events.Triggers.ResumeAsync(Id, EventsFixture.Ct);
        await events.AfterAsync(TimeSpan.Zero, Id, _ => events.Source.Running == 1);
    }

    [Fact]
    public async Task A_source_waits_longer_and_longer_while_its_function_keeps_failing_and_no_more_once_it_succeeds()
    {
        var events = await StartAsync(async (context, ct) =>
        {
            for (var number = 0; ; number++)
            {
                context.Status.Connected();
                await context.DeliverAsync(new TriggerEvent("{}"u8.ToArray()) { Id = FormattableString.Invariant($"broker-{number}") }, ct);
                context.Status.Lag(number);
            }
        }, fixture => fixture.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Answer(400, "no")));
        await using var end = events;
        foreach (var seconds in (int[])[1, 2, 4])
        {
            var waiting = await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.BackingOff);
            Assert.Equal(seconds, (waiting.AgainAt!.Value - events.Clock.GetUtcNow()).TotalSeconds, 0.5);
            await events.AfterAsync(TimeSpan.FromSeconds(seconds), Id, trigger => trigger.Failures > waiting.Failures);
        }

        Assert.Equal(8, (await events.TriggerAsync(Id, _ => true)).Failures);
        events.Transport.Run = (claim, ct) => claim.Entry.Id == "broker-20" ? FakeTransport.UntilStoppedAsync(ct) : Task.FromResult(FakeTransport.Answer(200, ""));
        await events.AfterAsync(TimeSpan.FromSeconds(8), Id, trigger => trigger is { State: TriggerState.Running, Lag: 19, Failures: 8 });
    }

    [Fact]
    public async Task An_event_that_a_source_gives_again_runs_once()
    {
        await using var events = await StartAsync(async (context, ct) =>
        {
            await context.DeliverAsync(new TriggerEvent("{}"u8.ToArray()) { Id = "message-1" }, ct);
            throw new IOException("the connection broke before the message was acknowledged");
        });
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.Failing);
        await events.AfterAsync(TimeSpan.FromSeconds(1), Id, trigger => trigger.Events == 2);
        Assert.Equal(["message-1"], events.Transport.Ids);
    }

    [Fact]
    public async Task A_source_waits_while_the_functions_queue_is_full()
    {
        var gate = new TaskCompletionSource();
        await using var events = await StartAsync(
            async (context, ct) =>
            {
                await gate.Task.WaitAsync(ct);
                await context.AcceptAsync(new TriggerEvent("{}"u8.ToArray()), ct);
                await new TaskCompletionSource().Task.WaitAsync(ct);
            },
            fixture => fixture.Functions.Deploy("hello", new AsyncSpec { QueueMax = 1 }, 1, [Broker]));
        await events.AcceptAsync("late", with: request => request with { Delay = TimeSpan.FromSeconds(1) });
        gate.SetResult();
        await events.TriggerAsync(Id, trigger => trigger.State == TriggerState.BackingOff && trigger.Detail!.Contains("queueMax", StringComparison.Ordinal));
        events.Clock.Advance(TimeSpan.FromSeconds(1));
        await events.EndedAsync("late");
        await events.AfterAsync(TimeSpan.FromSeconds(2), Id, trigger => trigger.Events == 1);
    }

    [Fact]
    public async Task What_is_published_on_a_topic_reaches_its_functions_but_those_that_are_paused()
    {
        await using var events = await EventsFixture.StartAsync(prepare: fixture =>
        {
            fixture.Functions.Deploy("one", topic: "orders");
            fixture.Functions.Deploy("two", topic: "orders");
        });
        await events.Triggers.PauseAsync("one/orders", EventsFixture.Ct);
        var published = await events.Publisher.PublishAsync("orders", new Dictionary<string, string>(), "{}"u8.ToArray(), EventsFixture.Ct);
        Assert.Equal("two", (await events.EndedAsync(Assert.Single(published.Invocations))).Entry.Function);
        Assert.Equal((0, 1), ((await events.TriggerAsync("one/orders", _ => true)).Events, (await events.TriggerAsync("two/orders", _ => true)).Events));

        await events.Triggers.PauseAsync("two/orders", EventsFixture.Ct);
        published = await events.Publisher.PublishAsync("orders", new Dictionary<string, string>(), "{}"u8.ToArray(), EventsFixture.Ct);
        Assert.Null(published.Refusal);
        Assert.Empty(published.Invocations);
    }

    [Fact]
    public async Task A_topic_cannot_be_fired()
    {
        await using var events = await EventsFixture.StartAsync(prepare: fixture => fixture.Functions.Deploy("one", topic: "orders"));
        var refusal = (await events.Triggers.FireAsync("one/orders", EventsFixture.Ct)).Refusal!;
        Assert.Equal(409, refusal.Status);
        Assert.Contains("orders", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trigger_that_is_not_there_can_be_neither_paused_nor_fired()
    {
        await using var events = await EventsFixture.StartAsync();
        Assert.Null(await events.Triggers.PauseAsync("hello/none", EventsFixture.Ct));
        Assert.Equal(404, (await events.Triggers.FireAsync("hello/none", EventsFixture.Ct)).Refusal!.Status);
    }

    [Fact]
    public async Task A_secret_that_is_set_anew_starts_the_sources_that_name_it_again_and_no_others()
    {
        var (brokers, seen) = (new FakeKind(TriggerNames.Kafka), new ConcurrentQueue<string>());
        brokers.Run = async (context, ct) =>
        {
            seen.Enqueue(await context.FillAsync(context.Spec.Kafka!.Servers, ct));
            context.Status.Connected();
            await new TaskCompletionSource().Task.WaitAsync(ct);
        };
        await using var events = await StartAsync(brokers, fixture => fixture.Secrets["HOST"] = "one", Named("${HOST}:9092"), Named("local:9092") with { Name = "other" });
        await events.TriggerAsync(NamedId, trigger => trigger.State == TriggerState.Running);
        await events.TriggerAsync("hello/other", trigger => trigger.State == TriggerState.Running);
        events.Secrets["UNNAMED"] = "x";
        events.Secrets["HOST"] = "two";
        await events.TriggerAsync(NamedId, _ => seen.Contains("two:9092"));
        Assert.Equal(["local:9092", "one:9092", "two:9092"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_source_that_fails_for_want_of_a_secret_runs_as_soon_as_there_is_one()
    {
        await using var events = await StartAsync(Filling());
        Assert.Contains("no secret 'HOST'", (await events.TriggerAsync(NamedId, trigger => trigger.State == TriggerState.Failing)).Detail, StringComparison.Ordinal);
        events.Secrets["HOST"] = "one";   // the clock stands still: no pause ends
        await events.TriggerAsync(NamedId, trigger => trigger.State == TriggerState.Running);
        events.Secrets.Delete("HOST");
        await events.TriggerAsync(NamedId, trigger => trigger.State == TriggerState.Failing);
    }

    [Fact]
    public async Task A_paused_trigger_stays_paused_when_its_secret_is_set()
    {
        var brokers = Filling();
        await using var events = await StartAsync(brokers);
        await events.Triggers.PauseAsync(NamedId, EventsFixture.Ct);
        events.Secrets["HOST"] = "one";
        events.Functions.Deploy("other", Broker);
        await events.TriggerAsync("other/broker", _ => events.Source.Running == 1);   // the host has looked at everything
        Assert.Equal(TriggerState.Paused, (await events.TriggerAsync(NamedId, _ => true)).State);
        Assert.Equal(0, brokers.Running);
    }

    private static TriggerSpec Named(string servers) => new() { Name = "named", Kafka = new KafkaSpec { Servers = servers, Topic = "orders" } };

    /// <summary>A kind whose sources do nothing but fill in their secrets.</summary>
    private static FakeKind Filling() => new(TriggerNames.Kafka)
    {
        Run = async (context, ct) =>
        {
            await context.FillAsync(context.Spec.Kafka!.Servers, ct);
            context.Status.Connected();
            await new TaskCompletionSource().Task.WaitAsync(ct);
        },
    };

    private static Task<EventsFixture> StartAsync(FakeKind brokers, Action<EventsFixture>? prepare = null, params IReadOnlyList<TriggerSpec> triggers) => EventsFixture.StartAsync(
        prepare: fixture =>
        {
            prepare?.Invoke(fixture);
            fixture.Functions.Deploy("hello", triggers.Count > 0 ? triggers : [Named("${HOST}:9092")]);
        },
        kinds: brokers);

    private static Task GoneAsync(EventsFixture events) => Eventually.HoldsAsync(() => events.Triggers.List("hello").Length == 0);

    /// <summary>Starts with a trigger whose source is <paramref name="run"/>, by default one that waits.</summary>
    private static async Task<EventsFixture> StartAsync(Func<TriggerContext, CancellationToken, Task>? run = null, Action<EventsFixture>? prepare = null) =>
        await EventsFixture.StartAsync(prepare: fixture =>
        {
            fixture.Source.Run = run ?? fixture.Source.Run;
            fixture.Functions.Deploy("hello", Broker);
            prepare?.Invoke(fixture);
        });
}
