using Faas.Contracts.Api;
using Faas.Storage;

namespace Faas.Events.Tests.Kafka;

/// <summary>Members that come and go.</summary>
public sealed class KafkaGroupTests(KafkaServer kafka) : IClassFixture<KafkaServer>
{
    private const int Partitions = 4;

    /// <summary>
    /// The cluster, other than a real one, sometimes turns down what is committed when partitions are handed over: where the new member is too late for what its group has just agreed on, the group
    /// begins anew, and meanwhile takes nothing. So what is under way then may run twice here.
    /// </summary>
    [Fact]
    public async Task A_member_that_joins_in_the_middle_of_deliveries_takes_over_partitions_and_nothing_is_lost()
    {
        var topic = kafka.NewTopic(Partitions);
        await using var one = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 3), sessionSeconds: 4);
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => kafka.SendManyAsync(topic, 50, partition)));
        await Eventually.HoldsAsync(() => one.Transport.Ran.Count >= 50);
        await using var two = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 3), sessionSeconds: 4);
        using var stop = new CancellationTokenSource();
        var sending = SendUntilAsync(topic, stop.Token);   // it goes on while the group shares out its partitions anew
        await Eventually.HoldsAsync(() => two.Transport.Ran.Count > 0, two);
        await stop.CancelAsync();
        var sent = await sending + 50;
        await Eventually.HoldsAsync(() => Enumerable.Range(0, Partitions).All(partition => kafka.Committed(topic, partition) == sent), two);
        Assert.Equal(sent * Partitions, PlacesOf(one, two).Distinct().Count());
    }

    [Fact]
    public async Task A_member_that_joins_runs_nothing_that_the_other_one_has_committed()
    {
        var topic = kafka.NewTopic(Partitions);
        await using var one = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 3));
        await SendToAllAsync(20, 20);
        await using var two = await KafkaServer.StartAsync(kafka.Spec(topic, concurrency: 3));
        await two.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        for (var sent = 21; two.Transport.Ran.Count == 0; sent++)
        {
            await SendToAllAsync(1, sent);
        }

        Assert.All(two.Transport.Ran.Select(PlaceOf), place => Assert.InRange(place.Offset, 20, long.MaxValue));

        async Task SendToAllAsync(int count, int all)
        {
            await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => kafka.SendManyAsync(topic, count, partition)));
            await Eventually.HoldsAsync(() => Enumerable.Range(0, Partitions).All(partition => kafka.Committed(topic, partition) == all));
        }
    }

    [Fact]
    public async Task Deliveries_that_do_not_end_in_time_are_given_up_and_begun_again_by_the_next_member_and_never_committed_before()
    {
        var topic = kafka.NewTopic(Partitions);
        var gate = new TaskCompletionSource();
        await using var one = await KafkaServer.StartAsync(kafka.Spec(topic), sessionSeconds: 6, prepare: events => events.Transport.Run = async (claim, _) =>
        {
            if (PlaceOf(claim).Offset >= 3)
            {
                await gate.Task;
            }

            return FakeTransport.Answer(200, "");
        });
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => kafka.SendManyAsync(topic, 10, partition)));
        await Eventually.HoldsAsync(() => one.Transport.Ran.Count == 4 * Partitions && Enumerable.Range(0, Partitions).All(partition => kafka.Committed(topic, partition) == 3));
        await using var two = await KafkaServer.StartAsync(kafka.Spec(topic), sessionSeconds: 6);
        await Eventually.HoldsAsync(() => two.Transport.Ran.Count == 7 * Partitions / 2);
        var first = two.Transport.Ran.Select(PlaceOf).GroupBy(place => place.Partition).ToDictionary(group => group.Key, group => group.First().Offset);
        Assert.Equal(Partitions / 2, first.Count);
        Assert.All(first.Values, offset => Assert.Equal(3, offset));   // the one that had not ended
        Assert.All(Enumerable.Range(0, Partitions).Where(partition => !first.ContainsKey(partition)), partition => Assert.Equal(3, kafka.Committed(topic, partition)));
        gate.SetResult();
        await Eventually.HoldsAsync(() => Enumerable.Range(0, Partitions).All(partition => kafka.Committed(topic, partition) == 10));
        Assert.Equal(10 * Partitions, PlacesOf(one, two).Distinct().Count());
        Assert.Equal((10 * Partitions) + (Partitions / 2), PlacesOf(one, two).Count());
    }

    [Fact]
    public async Task A_member_that_is_stopped_leaves_at_once_and_the_other_one_goes_on()
    {
        var topic = kafka.NewTopic(Partitions);
        await using var one = await KafkaServer.StartAsync(kafka.Spec(topic));
        await one.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await using var two = await KafkaServer.StartAsync(kafka.Spec(topic));
        await two.TriggerAsync(KafkaServer.Trigger, trigger => trigger.State == TriggerState.Running);
        await one.Triggers.PauseAsync(KafkaServer.Trigger, EventsFixture.Ct);
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => kafka.SendManyAsync(topic, 5, partition)));
        await Eventually.HoldsAsync(() => Enumerable.Range(0, Partitions).All(partition => kafka.Committed(topic, partition) == 5));
        Assert.Equal(5 * Partitions, two.Transport.Ran.Count);
    }

    /// <summary>One message for each partition every ten milliseconds. Returns how many for each.</summary>
    private async Task<int> SendUntilAsync(string topic, CancellationToken stop)
    {
        var sent = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!stop.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => kafka.SendAsync(topic, "x", partition)));
            sent++;
            await timer.WaitForNextTickAsync(EventsFixture.Ct);
        }

        return sent;
    }

    private static IEnumerable<(int Partition, long Offset)> PlacesOf(EventsFixture one, EventsFixture two) => one.Transport.Ran.Concat(two.Transport.Ran).Select(PlaceOf);

    private static (int Partition, long Offset) PlaceOf(Claim claim)
    {
        var json = KafkaServer.JsonOf(claim);
        return (int.Parse(json.GetProperty("partition").GetString()!), long.Parse(json.GetProperty("offset").GetString()!));
    }
}
