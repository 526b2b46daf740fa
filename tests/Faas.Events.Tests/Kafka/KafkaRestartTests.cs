using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.LoadTests.Kafka;
using Faas.Storage;

namespace Faas.Events.Tests.Kafka;

/// <summary>Platforms that are killed, and commits that fail.</summary>
public sealed class KafkaRestartTests(KafkaServer kafka) : IClassFixture<KafkaServer>
{
    [Fact]
    public async Task A_platform_that_is_killed_goes_on_from_what_is_committed_and_runs_what_was_under_way()
    {
        var topic = kafka.NewTopic();
        var gate = new TaskCompletionSource();
        var ended = new ConcurrentBag<string>();
        var one = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 4), prepare: events => events.Transport.Run = async (claim, ct) =>
        {
            if (OffsetOf(claim) >= 10)
            {
                await gate.Task.WaitAsync(ct);
            }

            ended.Add(claim.Entry.Id);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 20);
        await Eventually.HoldsAsync(() => one.Transport.Ran.Count == 14 && kafka.Committed(topic) == 10);
        await EndKilledAsync(topic, one, [.. ended]);
    }

    [Fact]
    public async Task A_platform_that_is_killed_before_it_could_commit_gets_the_same_messages_again_and_runs_them_once()
    {
        var topic = kafka.NewTopic();
        var gate = new TaskCompletionSource();
        var ended = new ConcurrentBag<string>();
        kafka.Mock.Fail(MockKafka.OffsetCommit, [.. Enumerable.Repeat(28, 1000)]);   // invalid size: an error that the client does not try again by itself
        var one = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 4), prepare: events => events.Transport.Run = async (claim, ct) =>
        {
            if (OffsetOf(claim) >= 10)
            {
                await gate.Task.WaitAsync(ct);
            }

            ended.Add(claim.Entry.Id);
            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 20);
        await Eventually.HoldsAsync(() => one.Transport.Ran.Count == 14);
        var failing = await one.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Failing);
        Assert.StartsWith($"Kafka at {kafka.Servers} does not take offsets of group '{topic}': ", failing.Detail, StringComparison.Ordinal);
        Assert.Null(kafka.Committed(topic));
        await EndKilledAsync(topic, one, [.. ended]);
    }

    [Fact]
    public async Task A_commit_that_fails_is_named_and_tried_again()
    {
        var topic = kafka.NewTopic();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic));
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        kafka.Mock.Fail(MockKafka.OffsetCommit, 28, 28);
        await kafka.SendAsync(topic, "a");
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.Detail?.Contains("does not take offsets", StringComparison.Ordinal) == true);
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        Assert.Equal(1, kafka.Committed(topic));
    }

    [Fact]
    public async Task A_member_that_its_group_has_turned_out_commits_nothing_joins_again_and_runs_nothing_twice()
    {
        var topic = kafka.NewTopic();
        var gate = new TaskCompletionSource();
        await using var events = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 2), prepare: events => events.Transport.Run = async (claim, _) =>
        {
            if (OffsetOf(claim) == 2)
            {
                await gate.Task;
            }

            return FakeTransport.Answer(200, "");
        });
        await kafka.SendManyAsync(topic, 10);
        await Eventually.HoldsAsync(() => events.Transport.Ran.Count == 10 && kafka.Committed(topic) == 2);
        kafka.Mock.Fail(MockKafka.Heartbeat, 25);   // unknown member
        await events.TriggerAsync(KafkaServer.Trigger, trigger => trigger.Events == 18);   // 2 to 9 once more
        Assert.Equal(2, kafka.Committed(topic));
        gate.SetResult();
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 10, events);
        Assert.Equal(10, events.Transport.Ran.Count);
    }

    /// <summary>Kills it, and lets another one go on in its folder.</summary>
    private async Task EndKilledAsync(string topic, EventsFixture one, IReadOnlyCollection<string> ended)
    {
        var killing = one.KillAsync();
        await KafkaServer.PassAsync(one, killing);
        kafka.Mock.Heal(MockKafka.OffsetCommit);
        await using var two = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 4), folder: await killing);
        await Eventually.HoldsAsync(() => kafka.Committed(topic) == 20, two);
        Assert.Equal(10, ended.Count);
        Assert.Empty(ended.Intersect(two.Transport.Ids));   // what has ended is not run again
        Assert.Equal(Enumerable.Range(10, 10).Select(i => (long)i), two.Transport.Ran.Select(claim => OffsetOf(claim)).Order());
        Assert.Equal(20, ended.Concat(two.Transport.Ids).Distinct().Count());
        Assert.Subset(two.Transport.Ids.ToHashSet(), one.Transport.Ids.Except(ended).ToHashSet());   // and what was under way keeps its id
    }

    private static long OffsetOf(Claim claim) => long.Parse(KafkaServer.JsonOf(claim).GetProperty("offset").GetString()!);
}
