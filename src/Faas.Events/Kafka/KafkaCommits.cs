using Confluent.Kafka;

namespace Faas.Events.Kafka;

/// <summary>Commits offsets, one batch at a time, on threads of their own: a commit waits for the broker, and the poll loop must not. Used by the poll loop's thread.</summary>
internal sealed class KafkaCommits(IConsumer<byte[], byte[]> consumer, KafkaSettings settings, KafkaHealth health)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseWhenTooEarly = TimeSpan.FromMilliseconds(50);

    // Of the system: the client has real timers only.
    private readonly TimeProvider _time = TimeProvider.System;
    private Task _running = Task.CompletedTask;
    private long _began;
    private volatile bool _isTooEarly;   // the last commit came while the group was sharing out its partitions

    /// <summary>Begins to commit what has ended since, if the last time is a while ago. What could not be committed is tried again with it.</summary>
    public void BeginWhenDue(IEnumerable<KafkaPartition> partitions)
    {
        if (_running.IsCompleted && _time.GetElapsedTime(_began) >= Period)
        {
            Begin(partitions);
        }
    }

    /// <summary>
    /// Commits what has ended, and waits so long for it at most. As long as the group has not finished sharing out its partitions it takes no offsets, so that is tried again. A commit that takes
    /// longer does no harm: once the partitions are somebody else's it is refused.
    /// </summary>
    public void Finish(IReadOnlyCollection<KafkaPartition> partitions, TimeSpan patience)
    {
        var began = _time.GetTimestamp();
        while (_running.Wait(Left()))
        {
            Begin(partitions);
            if (!_running.Wait(Left()) || !_isTooEarly || Left() == TimeSpan.Zero)
            {
                return;
            }

            Task.Delay(PauseWhenTooEarly, _time).Wait();
        }

        TimeSpan Left() => _time.GetElapsedTime(began) is var elapsed && elapsed < patience ? patience - elapsed : TimeSpan.Zero;
    }

    /// <summary>Waits for a commit that is under way, however long: the client must not be disposed of before.</summary>
    public void WaitUntilQuiet() => _running.Wait();

    private void Begin(IEnumerable<KafkaPartition> partitions)
    {
        _began = _time.GetTimestamp();
        _isTooEarly = false;
        var due = (from partition in partitions
                   let position = partition.Position
                   where position is not null && position != partition.Committed
                   select (Partition: partition, Offset: position.Value)).ToList();
        if (due.Count > 0)
        {
            _running = Task.Run(() => Commit(due));
        }
    }

    private void Commit(List<(KafkaPartition Partition, long Offset)> due)
    {
        try
        {
            consumer.Commit(due.Select(part => new TopicPartitionOffset(part.Partition.Place, part.Offset)));
            foreach (var (partition, offset) in due)
            {
                partition.Committed = offset;
            }

            health.Alive();
        }
        catch (KafkaException exception)
        {
            var error = KafkaProblems.ErrorOf(exception);
            health.Report(error);
            _isTooEarly = error.Code == ErrorCode.RebalanceInProgress;
            if (!KafkaProblems.IsRebalance(error))
            {
                health.Fails($"Kafka at {settings.Place} does not take offsets of group '{settings.Group}': {error.Reason}; it is tried again every second");
            }
        }
    }
}
