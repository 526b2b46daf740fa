using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.LoadTests.Kafka;

namespace Faas.Events.Tests.Kafka;

/// <summary>A broker that is away, and settings that are wrong: named, and mended.</summary>
public sealed class KafkaOutageTests(KafkaServer kafka) : IClassFixture<KafkaServer>
{
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_broker_that_is_away_at_the_start_is_named_and_then_everything_is_delivered()
    {
        var topic = kafka.NewTopic();
        await kafka.SendManyAsync(topic, 10);
        kafka.Mock.GoAway();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.StartsWith($"Kafka at {kafka.Servers} does not answer: ", failing.Detail, StringComparison.Ordinal);
        Assert.Contains("refused", failing.Detail, StringComparison.Ordinal);
        kafka.Mock.ComeBack();
        await events.AfterAsync(RestartAfter, KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), events.Transport.Ran.Select(KafkaServer.DataOf));
    }

    [Fact]
    public async Task A_broker_that_goes_away_in_the_middle_is_named_what_runs_goes_on_and_everything_is_delivered_once_it_is_back()
    {
        var topic = kafka.NewTopic(2);
        using var gate = new SemaphoreSlim(10);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 2), prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 20);
        await kafka.SendManyAsync(topic, 20, 1);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 14);
        kafka.Mock.GoAway();
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing && trigger.Detail!.Contains("refused", StringComparison.Ordinal));
        Assert.StartsWith($"Kafka at {kafka.Servers} does not answer: ", failing.Detail, StringComparison.Ordinal);
        gate.Release(100);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 40);   // what was fetched already
        kafka.Mock.ComeBack();
        await kafka.SendAsync(topic, "20");
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 21 && kafka.Committed(topic, 1) == 20);
        Assert.Equal(41, events.Transport.Ran.Count);
        Assert.Equal(41, events.Transport.Ids.Distinct().Count());
        await events.AfterAsync(TimeSpan.FromSeconds(5), KafkaServer.Trigger, trigger => trigger is { State: TriggerState.Running, Detail: null });
    }

    [Fact]
    public async Task A_trigger_can_be_stopped_while_its_broker_is_away()
    {
        var topic = kafka.NewTopic();
        using var away = new MockKafka();
        away.Create(topic, 1);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { Servers = away.Servers });
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        away.GoAway();
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        await events.Triggers.PauseAsync(KafkaServer.Trigger, EventsFixture.Ct).WaitAsync(TimeSpan.FromSeconds(10), EventsFixture.Ct);
    }

    [Fact]
    public async Task A_dead_letter_that_cannot_be_written_is_named_and_written_later_without_another_run()
    {
        var (topic, dead) = (kafka.NewTopic(), kafka.NewTopic());
        await using var events = await KafkaServer.StartAsync(
            kafka.Spec(topic) with { DeadLetter = dead },
            new AsyncSpec { MaxAttempts = 1 },
            prepare: events => events.Transport.Run = (_, _) => Task.FromResult(FakeTransport.Failure(InvocationError.Crashed)));
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await kafka.SendAsync(topic, "warm");   // the producer has asked for its number by then, too
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1, events);
        var gate = new TaskCompletionSource();
        events.Transport.Run = async (_, _) =>
        {
            await gate.Task;
            return FakeTransport.Failure(InvocationError.Crashed);
        };
        await kafka.SendAsync(topic, "bad");
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 2);
        kafka.Mock.Fail(MockKafka.Produce, 29);   // not authorized
        gate.SetResult();
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.StartsWith($"a dead letter cannot be written to topic '{dead}' of Kafka at {kafka.Servers}: ", failing.Detail, StringComparison.Ordinal);
        Assert.Equal(1, kafka.Committed(topic));
        await events.AfterAsync(RestartAfter, KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 2, events);
        Assert.Equal(["warm", "bad"], kafka.Read(dead).Select(letter => System.Text.Encoding.UTF8.GetString(letter.Value)));
        Assert.Equal(2, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_named_and_read_once_it_is()
    {
        var topic = kafka.NewTopic();
        kafka.Mock.Hide(topic, true);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.Equal($"Kafka at {kafka.Servers} has no topic '{topic}'; create it, or correct 'topic'", failing.Detail);
        kafka.Mock.Hide(topic, false);
        await kafka.SendAsync(topic, "a");
        await events.AfterAsync(RestartAfter, KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await events.Transport.BeganAsync();
    }

    [Fact]
    public async Task A_user_whom_the_broker_does_not_take_is_named_without_the_password()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(
            kafka.Spec(topic) with { User = "app", Password = "${KAFKA_PASSWORD}" }, prepare: events => events.Secrets["KAFKA_PASSWORD"] = "p@ss:w%rd\"$");
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.StartsWith($"Kafka at {kafka.Servers} refuses user 'app'; check 'user', 'password', 'mechanism' and 'tls': ", failing.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("p@ss", failing.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encryption_that_the_broker_does_not_offer_is_named()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { Tls = true });
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.Matches("does not answer: .*SSL", failing.Detail);
    }

    [Fact]
    public async Task Secrets_are_filled_in_and_one_that_is_missing_is_named()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { Servers = "${KAFKA_SERVERS}" });
        var failing = await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.Contains("no secret 'KAFKA_SERVERS'", failing.Detail, StringComparison.Ordinal);
        events.Secrets["KAFKA_SERVERS"] = kafka.Servers;
        await events.AfterAsync(RestartAfter, KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await kafka.SendAsync(topic, "a");
        await events.Transport.BeganAsync();
    }
}
