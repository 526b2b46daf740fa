using Confluent.Kafka;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>What is to be found out before a group is joined: whether the topic is there, and where a group without offsets begins.</summary>
internal sealed class KafkaBeginning(IConsumer<byte[], byte[]> consumer, KafkaSettings settings, KafkaHealth health)
{
    private const int TriesMax = 5;

    private static readonly TimeSpan TryTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(3);

    /// <summary>Finds out. Blocks, a second at a time.</summary>
    /// <exception cref="BrokerException">It cannot be begun.</exception>
    public void Find(CancellationToken stopping)
    {
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var topic = ReadTopic(admin, stopping);
        if (settings.Spec.From == StartAt.End)
        {
            BeginAtEnd([.. topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition.PartitionId))]);
        }
    }

    private TopicMetadata ReadTopic(IAdminClient admin, CancellationToken stopping)
    {
        for (var tries = 1; ; tries++)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                var topic = admin.GetMetadata(settings.Spec.Topic, TryTime).Topics.Find(topic => topic.Topic == settings.Spec.Topic);
                if (topic is { Error.IsError: false, Partitions.Count: > 0 })
                {
                    return topic;
                }

                if (topic is { Error: { IsError: true } error } && KafkaProblems.Of(error, settings) is { } problem)
                {
                    throw new BrokerException(problem);
                }

                if (tries >= TriesMax)
                {
                    throw new BrokerException(topic is null ? KafkaProblems.NoTopic(settings) : $"topic '{topic.Topic}' of Kafka at {settings.Place} cannot be read yet: {topic.Error.Reason}");
                }
            }
            catch (KafkaException exception)
            {
                Listen();
                health.ThrowIfFailed();
                if (health.IsAway || tries >= TriesMax)
                {
                    throw new BrokerException(health.Silence, exception);
                }
            }
        }
    }

    /// <summary>What the client has to say, it says while it is polled.</summary>
    private void Listen()
    {
        try
        {
            consumer.Consume(TimeSpan.Zero);
        }
        catch (ConsumeException exception)
        {
            health.Report(exception.Error);
        }
    }

    /// <summary>
    /// Gives a group that has no offset yet those of the topic's ends at once. Left to Kafka's client it would have none until its first message has ended: begun again before that, it would begin at
    /// the end once more, and leave out what came meanwhile.
    /// </summary>
    private void BeginAtEnd(IReadOnlyList<TopicPartition> partitions)
    {
        try
        {
            var ends = (from place in consumer.Committed(partitions, AnswerTime)
                        where place.Offset == Offset.Unset
                        select new TopicPartitionOffset(place.TopicPartition, consumer.QueryWatermarkOffsets(place.TopicPartition, AnswerTime).High)).ToList();
            if (ends.Count > 0)
            {
                consumer.Commit(ends);
            }
        }
        catch (KafkaException exception) when (KafkaProblems.IsRebalance(KafkaProblems.ErrorOf(exception)))
        {
            // Only members may commit where there are some, and they have begun at the end themselves.
        }
        catch (KafkaException exception)
        {
            var error = KafkaProblems.ErrorOf(exception);
            throw new BrokerException(KafkaProblems.Of(error, settings) ?? $"the end of topic '{settings.Spec.Topic}' of Kafka at {settings.Place} cannot be found: {error.Reason}", exception);
        }
    }
}
