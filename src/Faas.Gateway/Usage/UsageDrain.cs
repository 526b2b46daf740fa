using Faas.Gateway.Uplink;
using Faas.Link;
using Google.Protobuf;

namespace Faas.Gateway.Usage;

/// <summary>
/// Tells the controller what is new in the journal: every 100 ms what there is, and after an acknowledgement whole extents only, at most eight ahead of it. Few small
/// ones after each acknowledgement would each cost the controller a message and a commit: as much CPU as serving the invocations. The controller reads the records in the segment's
/// file: to send them over the link took a tenth of a core at 80,000 invocations a second, and woke threads thousands of times. Only what no file has as it must be is sent itself,
/// as batches. After a reconnect what is not acknowledged is told again with the same ends.
/// </summary>
internal sealed partial class UsageDrain(UsageJournal journal, Outbox outbox, ILogger<UsageDrain> logger, TimeProvider clock) : BackgroundService, IUsageUplink
{
    /// <summary>Bytes of an extent, about 1,800 records. The controller is through with it in two milliseconds.</summary>
    private const int ExtentBytesMax = 256 * 1024;

    /// <summary>Bytes of a batch. Below the size from which the runtime's heap treats an array as a large object, on both ends.</summary>
    private const int BatchBytesMax = 64 * 1024;

    /// <summary>What is worth sending between two rounds: what leaves together is one commit at the controller.</summary>
    private const int BurstBytesMin = 4 * BatchBytesMax;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long shutdown waits for the last acknowledgement. What is not acknowledged then is sent by the next boot.</summary>
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<JournalSegment, int> _sent = [];
    private readonly SemaphoreSlim _acknowledged = new(0, 1);
    private long _droppedSaid;
    private bool _isUp;

    /// <summary>A connection begins: what was not acknowledged is sent again.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _isUp = true;
            _sent.Clear();
        }
    }

    /// <summary>The connection ended.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _isUp = false;
        }
    }

    /// <summary>The controller has stored everything before an offset.</summary>
    public void Acknowledge(UsageAck ack)
    {
        lock (_lock)
        {
            var segment = journal.Segments().Find(segment => segment.Boot == ack.Boot && segment.Number == ack.Segment);
            if (segment is null)
            {
                return;
            }

            segment.NoteAcked((int)Math.Clamp(ack.To, 0, JournalSegment.Length));
            if (segment.EndsAt(segment.Acked))
            {
                _sent.Remove(segment);
                journal.Remove(segment);
            }
        }

        try
        {
            _acknowledged.Release();
        }
        catch (SemaphoreFullException)
        {
            // The loop is awake already.
        }
    }

    /// <summary>Sends what can be sent, or only whole extents and batches of it.</summary>
    public void Round(bool onlyWhole = false)
    {
        journal.Prepare();
        var dropped = journal.Dropped;
        if (dropped > _droppedSaid)
        {
            Log.Dropped(logger, dropped - _droppedSaid);
            _droppedSaid = dropped;
        }

        lock (_lock)
        {
            if (!_isUp)
            {
                return;
            }

            foreach (var segment in journal.Segments())
            {
                if (!SendFrom(segment, onlyWhole))
                {
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var wait = new CancellationTokenSource(LastWait, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
        try
        {
            while (true)
            {
                Round();
                lock (_lock)
                {
                    if (!_isUp || journal.Segments().TrueForAll(IsAcknowledged))
                    {
                        return;
                    }
                }

                await _acknowledged.WaitAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The next boot sends the rest.
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        journal.Dispose();
        _acknowledged.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var isTime = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Round(onlyWhole: !isTime);
            }
            catch (Exception exception)
            {
                Log.RoundFailed(logger, exception);
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            using var timer = clock.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, Interval, Timeout.InfiniteTimeSpan);
            await _acknowledged.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isTime = limit.IsCancellationRequested;
        }
    }

    /// <summary>Sends from one segment. True when everything in it has been sent and nothing more will be appended, so that the next one is due.</summary>
    private bool SendFrom(JournalSegment segment, bool onlyWhole)
    {
        var from = _sent.TryGetValue(segment, out var sent) ? sent : segment.Acked;
        var ends = segment.Unacked();
        foreach (var end in ends.Where(end => end > from))
        {
            from = Send(segment, from, end, isNew: false);
        }

        var (least, most) = segment.IsReadableFile ? (ExtentBytesMax, ExtentBytesMax) : (BurstBytesMin, BatchBytesMax);
        for (var open = JournalSegment.WindowLength - ends.Count; open > 0; open--, least = most)
        {
            if (onlyWhole && segment.End - from < least && !segment.IsFull)
            {
                break;
            }

            var to = Send(segment, from, Math.Min(from + most, JournalSegment.Length), isNew: true);
            if (to == from)
            {
                break;
            }

            from = to;
        }

        _sent[segment] = from;
        return segment.EndsAt(from);
    }

    private int Send(JournalSegment segment, int from, int end, bool isNew)
    {
        var (message, to) = segment.IsReadableFile ? Extent(segment, from, end) : Batch(segment, from, end);
        if (to == from)
        {
            return from;
        }

        if (isNew)
        {
            segment.NoteSent(to);   // Before it leaves.
        }

        outbox.Post(message);
        return to;
    }

    private static (GatewayMessage Message, int To) Extent(JournalSegment segment, int from, int end)
    {
        var to = segment.EndOfWhole(from, end);
        return (new GatewayMessage { UsageExtent = new UsageExtent { Boot = segment.Boot, Segment = segment.Number, From = from, To = to, Format = UsageCodec.Format } }, to);
    }

    private static (GatewayMessage Message, int To) Batch(JournalSegment segment, int from, int end)
    {
        var to = from;
        var records = new byte[Math.Min(end, segment.End) - from];
        var length = segment.Copy(ref to, end, records);
        // Nobody writes to the array any more, so that it needn't be copied once more.
        var batch = new UsageBatch
        {
            Boot = segment.Boot, Segment = segment.Number, From = from, To = to, Format = UsageCodec.Format,
            Records = UnsafeByteOperations.UnsafeWrap(records.AsMemory(0, length)),
        };
        return (new GatewayMessage { Usage = batch }, length == 0 ? from : to);
    }

    private static bool IsAcknowledged(JournalSegment segment)
    {
        var at = segment.Acked;
        return !segment.TryRead(ref at, out _);
    }

    private static partial class Log
    {
        [LoggerMessage(1021, LogLevel.Error, "{Count} usage records were lost: neither disk nor memory was left for the journal")]
        public static partial void Dropped(ILogger logger, long count);

        [LoggerMessage(1022, LogLevel.Error, "Sending usage records failed")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
