using Confluent.Kafka;
using Faas.Events.Brokers;

namespace Faas.Events.Kafka;

/// <summary>
/// One partition as long as this platform has it: its messages wait here for their turn, and so many of them as the trigger says are under way at the same time. With one, each begins after the
/// one before it has ended.
/// </summary>
/// <param name="place">Which one it is.</param>
/// <param name="concurrency">Most deliveries at the same time.</param>
/// <param name="window">What they run in.</param>
/// <param name="deliver">Delivers a message; its offset is done with when this has returned.</param>
internal sealed class KafkaPartition(TopicPartition place, int concurrency, DeliveryWindow window, Func<ConsumeResult<byte[], byte[]>, CancellationToken, Task> deliver) : IDisposable
{
    /// <summary>
    /// Messages that wait here before the partition is paused; half as many when it goes on. Kafka's client throws away what it has fetched of a paused partition and fetches it again later, so there
    /// should be more than a few.
    /// </summary>
    private const int WaitingMax = 1_000;

    /// <summary>The same in bytes of their values.</summary>
    private const long WaitingBytesMax = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<(ConsumeResult<byte[], byte[]> Result, TrackedMessage Tracked)> _waiting = new();
    private readonly OffsetTracker _offsets = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _givenUp = new();
    private long _waitingBytes;
    private int _workers;
    private bool _isClosed;

    /// <summary>Which one it is.</summary>
    public TopicPartition Place { get; } = place;

    /// <summary>The offset that was committed last; null for none. Changed by whoever commits.</summary>
    public long? Committed { get; set; }

    /// <summary>The offset that can be committed; null as long as nothing is known.</summary>
    public long? Position
    {
        get
        {
            lock (_lock)
            {
                return _offsets.Position;
            }
        }
    }

    /// <summary>Whether enough waits here.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count >= WaitingMax || _waitingBytes >= WaitingBytesMax;
            }
        }
    }

    /// <summary>Whether so little waits here that more is wanted.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count <= WaitingMax / 2 && _waitingBytes <= WaitingBytesMax / 2;
            }
        }
    }

    /// <summary>Another message of the partition, in its order.</summary>
    public void Add(ConsumeResult<byte[], byte[]> result)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _waiting.Enqueue((result, _offsets.Begin(result.Offset.Value)));
            _waitingBytes += SizeOf(result);
            if (_workers >= concurrency)
            {
                return;
            }

            _workers++;
        }

        if (!window.TryStart(WorkAsync))
        {
            Leave();   // the source ends; what waits comes again
        }
    }

    /// <summary>There are no more messages before this offset.</summary>
    public void Reach(long offset)
    {
        lock (_lock)
        {
            _offsets.Reach(offset);
        }
    }

    /// <summary>Begins no more deliveries. Completes when none is under way.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_workers == 0)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }

    /// <summary>Waits for no delivery any more. What they have queued runs all the same, and whoever has the partition next may have it run again.</summary>
    public void GiveUp() => _givenUp.Cancel();

    public void Dispose() => _givenUp.Dispose();

    private static long SizeOf(ConsumeResult<byte[], byte[]> result) => result.Message.Value?.Length ?? 0;

    private async Task WorkAsync(CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, _givenUp.Token);
        try
        {
            while (Take() is { } next)
            {
                await deliver(next.Result, ending.Token);
                lock (_lock)
                {
                    _offsets.End(next.Tracked);
                }
            }
        }
        catch (OperationCanceledException) when (_givenUp.IsCancellationRequested)
        {
            Leave();   // the partition is somebody else's now
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>The next message; null when there is none, and then the worker has left: in the same look, so that no message comes in between and finds a worker that is about to leave.</summary>
    private (ConsumeResult<byte[], byte[]> Result, TrackedMessage Tracked)? Take()
    {
        lock (_lock)
        {
            if (_isClosed || window.Ending.IsCancellationRequested || !_waiting.TryDequeue(out var next))
            {
                Leave();
                return null;
            }

            _waitingBytes -= SizeOf(next.Result);
            return next;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _workers--;
            if (_isClosed && _workers == 0)
            {
                _idle.TrySetResult();
            }
        }
    }
}
