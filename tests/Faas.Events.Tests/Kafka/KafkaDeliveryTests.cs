using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Events.Tests.Kafka;

/// <summary>What is under way at the same time, and what is committed when.</summary>
public sealed class KafkaDeliveryTests(KafkaServer kafka) : IClassFixture<KafkaServer>
{
    [Fact]
    public async Task An_offset_is_committed_only_when_the_function_has_succeeded_at_last()
    {
        var topic = kafka.NewTopic();
        var attempts = 0;
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic), new AsyncSpec { MaxAttempts = 5 }, prepare: events => events.Transport.Run = (_, _) =>
            Task.FromResult(Interlocked.Increment(ref attempts) < 3 ? FakeTransport.Failure(InvocationError.Crashed) : FakeTransport.Answer(200, "")));
        await kafka.SendAsync(topic, "a");
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await events.Transport.BeganAsync();
            var waiting = await events.InStateAsync(events.Transport.Ids.First(), found => found.State == InvocationState.Queued && found.History.Count == attempt);
            Assert.NotEqual(1, kafka.Committed(topic));
            events.Clock.Advance(waiting.At - events.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));
        }

        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1, events);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task With_a_concurrency_of_1_the_messages_of_a_partition_run_one_after_the_other_and_partitions_beside_each_other()
    {
        var topic = kafka.NewTopic(3);
        var running = new ConcurrentDictionary<string, int>();
        var order = new ConcurrentDictionary<string, ConcurrentQueue<string>>();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic), prepare: events => events.Transport.Run = async (claim, _) =>
        {
            var partition = KafkaServer.JsonOf(claim).GetProperty("partition").GetString()!;
            Assert.Equal(1, running.AddOrUpdate(partition, 1, (_, count) => count + 1));
            order.GetOrAdd(partition, _ => new()).Enqueue(KafkaServer.DataOf(claim));
            await Task.Yield();
            running.AddOrUpdate(partition, 0, (_, count) => count - 1);
            return FakeTransport.Answer(200, "");
        });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(partition => kafka.SendManyAsync(topic, 100, partition)));
        await Eventually.HoldsAsync(() => Enumerable.Range(0, 3).All(partition => kafka.Committed(topic, partition) == 100));
        Assert.All(order.Values, partition => Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), partition));
        Assert.Equal(300, events.Transport.Ran.Count);
    }

    [Fact]
    public async Task Never_more_than_the_concurrency_of_a_partition_is_under_way_and_a_backlog_waits_at_the_broker()
    {
        var topic = kafka.NewTopic();
        using var gate = new SemaphoreSlim(0);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 4), prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 3000);   // more than wait in the platform: the partition is paused, and goes on
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 4);
        Assert.Equal(4, (await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.Events >= 4)).Events);
        gate.Release(3000);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 3000);
        Assert.Equal(4, events.Transport.Most);
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"{i}"), events.Transport.Ran.Select(KafkaServer.DataOf).OrderBy(int.Parse));
    }

    [Fact]
    public async Task What_has_ended_behind_a_message_that_has_not_is_not_committed()
    {
        var topic = kafka.NewTopic();
        var first = new TaskCompletionSource();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 3), prepare: events => events.Transport.Run = async (claim, _) =>
        {
            if (KafkaServer.DataOf(claim) == "1")
            {
                await first.Task;
            }

            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 50);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 50);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1);
        await kafka.SendAsync(topic, "50", 0);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 51);
        var began = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync(() => TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(1.5));   // another round of commits
        Assert.Equal(1, kafka.Committed(topic));
        first.SetResult();
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 51);
    }

    [Fact]
    public async Task A_paused_trigger_lets_end_what_runs_commits_it_and_does_not_run_it_again_when_it_is_resumed()
    {
        var topic = kafka.NewTopic();
        using var gate = new SemaphoreSlim(0);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 2), prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 10);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 2);
        var pausing = events.Triggers.PauseAsync(KafkaServer.Trigger, EventsFixture.Ct);
        gate.Release(10);
        await pausing.WaitAsync(TimeSpan.FromSeconds(30), EventsFixture.Ct);
        Assert.Equal((2, 2), (events.Transport.Ran.Count, kafka.Committed(topic)));
        await events.Triggers.ResumeAsync(KafkaServer.Trigger, EventsFixture.Ct);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), events.Transport.Ran.Select(KafkaServer.DataOf).OrderBy(int.Parse));
    }

    [Fact]
    public async Task Lag_is_what_is_not_done_with()
    {
        var topic = kafka.NewTopic(2);
        using var gate = new SemaphoreSlim(0);
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic), prepare: events => events.Transport.Run = async (_, ct) =>
        {
            await gate.WaitAsync(ct);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 1500);
        await kafka.SendManyAsync(topic, 7, 1);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 2);
        await events.AfterAsync(TimeSpan.FromSeconds(5), KafkaServer.Trigger, trigger => trigger.Lag == 1507);
        gate.Release(3);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 5);
        await events.AfterAsync(TimeSpan.FromSeconds(5), KafkaServer.Trigger, trigger => trigger.Lag == 1504);
        gate.Release(3000);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 1500 && kafka.Committed(topic, 1) == 7);
        await events.AfterAsync(TimeSpan.FromSeconds(5), KafkaServer.Trigger, trigger => trigger.Lag == 0);
    }

    [Fact]
    public async Task A_group_that_begins_at_the_end_gets_what_comes_after_its_beginning_even_if_it_has_run_nothing_before_it_was_stopped()
    {
        var topic = kafka.NewTopic();
        await kafka.SendAsync(topic, "old");
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic) with { From = StartAt.End });
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await events.Triggers.PauseAsync(KafkaServer.Trigger, EventsFixture.Ct);
        await kafka.SendAsync(topic, "new");
        await events.Triggers.ResumeAsync(KafkaServer.Trigger, EventsFixture.Ct);
        await events.Transport.BeganAsync();
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 2);
        Assert.Equal(["new"], events.Transport.Ran.Select(KafkaServer.DataOf));
    }
}
