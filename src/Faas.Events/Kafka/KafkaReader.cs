using System.Collections.Concurrent;
using Confluent.Kafka;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>
/// A member of a consumer group, for one run of a source. One thread polls, and is never held up by deliveries: partitions with enough under way are paused, so the group takes the member for
/// alive however long its function fails.
/// </summary>
internal sealed class KafkaReader : IAsyncDisposable
{
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(100);

    /// <summary>While a partition is paused: so long it may have room again without being fetched from.</summary>
    private static readonly TimeSpan PausedPollTime = TimeSpan.FromMilliseconds(20);

    /// <summary>How long deliveries of a partition that is taken away may go on. The whole group waits for it.</summary>
    private static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(3);

    /// <summary>How long the end may take; together with the time for deliveries less than the platform waits for a source to stop.</summary>
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    private readonly KafkaSettings _settings;
    private readonly KafkaHealth _health;
    private readonly Func<ConsumeResult<byte[], byte[]>, CancellationToken, Task> _deliver;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly KafkaCommits _commits;
    private readonly ConcurrentDictionary<TopicPartition, KafkaPartition> _partitions = new();   // changed by the polling thread
    private readonly List<KafkaPartition> _former = [];                                          // the polling thread's
    private readonly List<KafkaPartition> _paused = [];                                          // the polling thread's
    private DeliveryWindow? _window;
    private CancellationToken _ending;   // the window's, which is gone when the consumer is closed

    /// <summary>Makes a client; it begins to connect.</summary>
    /// <exception cref="BrokerException">It cannot be configured so, or there is none for this machine.</exception>
    public KafkaReader(KafkaSettings settings, KafkaHealth health, KafkaLog log, Func<ConsumeResult<byte[], byte[]>, CancellationToken, Task> deliver)
    {
        (_settings, _health, _deliver) = (settings, health, deliver);
        _consumer = KafkaProblems.Build(() => new ConsumerBuilder<byte[], byte[]>(settings.ForConsumer())
            .SetErrorHandler((_, error) => health.Report(error))
            .SetLogHandler((_, message) => log.Write(message))
            .SetPartitionsAssignedHandler((_, places) => Assigned(places))
            .SetPartitionsRevokedHandler((_, places) => Revoked(places))
            .SetPartitionsLostHandler((_, places) => Lost(places))
            .Build());
        _commits = new KafkaCommits(_consumer, settings, health);
    }

    /// <summary>Reads until the window ends.</summary>
    public Task RunAsync(DeliveryWindow window)
    {
        (_window, _ending) = (window, window.Ending);
        return Task.Factory.StartNew(() => Run(window), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Messages of this member's partitions that are not done with; null when nobody knows. Blocks while the broker is asked.</summary>
    public long? MeasureLag()
    {
        var lag = 0L;
        foreach (var (place, partition) in _partitions)
        {
            if (partition.Position is not { } position)
            {
                return null;
            }

            lag += Math.Max(0, _consumer.QueryWatermarkOffsets(place, AnswerTime).High.Value - position);
            _health.Alive();
        }

        if (_partitions.IsEmpty && _health.IsAway)
        {
            _consumer.QueryWatermarkOffsets(new TopicPartition(_settings.Spec.Topic, 0), AnswerTime);   // nothing else tells a member without partitions that the broker is back
            _health.Alive();
        }

        return lag;
    }

    /// <summary>Commits what has ended and leaves the group, once deliveries have ended. If the broker does not answer, that is left to a thread of its own.</summary>
    public async ValueTask DisposeAsync()
    {
        var closing = Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await closing.WaitAsync(CloseTime, TimeProvider.System, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _health.End();
    }

    private void Run(DeliveryWindow window)
    {
        new KafkaBeginning(_consumer, _settings, _health).Find(window.Ending);
        _consumer.Subscribe(_settings.Spec.Topic);
        while (!window.Ending.IsCancellationRequested)
        {
            Poll();
            _health.ThrowIfFailed();
            ResumePaused();
            _commits.BeginWhenDue(_partitions.Values);
        }
    }

    private void Poll()
    {
        try
        {
            // What was polled may be of a partition that was taken away in the same moment.
            if (_consumer.Consume(_paused.Count > 0 ? PausedPollTime : PollTime) is { } result && _partitions.TryGetValue(result.TopicPartition, out var partition))
            {
                Take(partition, result);
            }
        }
        catch (ConsumeException exception)
        {
            _health.Report(exception.Error);
            if (exception.Error.IsBrokerError)
            {
                _health.Fails($"topic '{_settings.Spec.Topic}' of Kafka at {_settings.Place} cannot be read: {exception.Error.Reason}; it is tried again by itself");
            }
        }
    }

    private void Take(KafkaPartition partition, ConsumeResult<byte[], byte[]> result)
    {
        if (result.IsPartitionEOF)
        {
            partition.Reach(result.Offset.Value);
            return;
        }

        partition.Add(result);
        if (partition.IsFull && !_paused.Contains(partition))
        {
            _consumer.Pause([partition.Place]);
            _paused.Add(partition);
        }
    }

    private void ResumePaused()
    {
        for (var i = _paused.Count - 1; i >= 0; i--)
        {
            if (_paused[i].HasRoom)
            {
                _consumer.Resume([_paused[i].Place]);
                _paused.RemoveAt(i);
            }
        }
    }

    private void Assigned(List<TopicPartition> places)
    {
        foreach (var place in places)
        {
            _partitions[place] = new KafkaPartition(place, _settings.Spec.Concurrency, _window!, _deliver);   // set before the group is joined
        }

        _health.Begun();
    }

    /// <summary>Deliveries have a while to end; what has ended is committed before another member begins.</summary>
    private void Revoked(List<TopicPartitionOffset> places)
    {
        var taken = TakeAway(places);
        try
        {
            Task.WaitAll([.. taken.Select(partition => partition.CloseAsync())], (int)HandOverTime.TotalMilliseconds, _ending);
        }
        catch (OperationCanceledException)
        {
            // The source ends, and has no more time.
        }

        taken.ForEach(partition => partition.GiveUp());
        _commits.Finish(taken, HandOverTime);
    }

    /// <summary>Others may have begun already, so nothing of it is committed.</summary>
    private void Lost(List<TopicPartitionOffset> places)
    {
        foreach (var partition in TakeAway(places))
        {
            partition.CloseAsync();
            partition.GiveUp();
        }
    }

    private List<KafkaPartition> TakeAway(List<TopicPartitionOffset> places)
    {
        var taken = new List<KafkaPartition>();
        foreach (var place in places)
        {
            if (_partitions.TryRemove(place.TopicPartition, out var partition))
            {
                taken.Add(partition);
            }
        }

        _paused.RemoveAll(taken.Contains);
        _former.AddRange(taken);
        return taken;
    }

    /// <summary>On a thread that may be held up.</summary>
    private void Close()
    {
        try
        {
            if (!_health.IsAway)
            {
                _commits.Finish([.. _partitions.Values], CloseTime);
                _consumer.Close();
            }
        }
        catch (KafkaException)
        {
            // Then the group finds out by itself that this member is gone.
        }

        _commits.WaitUntilQuiet();
        _consumer.Dispose();
        _former.Concat(_partitions.Values).ToList().ForEach(partition => partition.Dispose());
    }
}
