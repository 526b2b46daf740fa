using System.Data.Common;
using System.Threading.Channels;
using Faas.Contracts.Hosting;
using Faas.Controller.Link;
using Faas.Controller.Metrics;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>
/// Takes what the gateway tells of its usage, prices it, and acknowledges it once it is durable. The ledger counts a position of the gateway's
/// journal only once, so a batch that is sent again after a broken link changes nothing.
/// </summary>
internal sealed partial class UsageIngest(IUsageLedger ledger, PriceBook prices, DataFolder data, FleetLink link, ILogger<UsageIngest> logger, TimeProvider time)
    : BackgroundService
{
    /// <summary>Batches that may wait, of 64 KiB at most.</summary>
    private const int Capacity = 1024;

    /// <summary>Batches that share a commit; a gateway has 8 of a segment under way.</summary>
    private const int AtOnceMax = 32;

    /// <summary>A full disk doesn't become free within milliseconds.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly UsagePricing _pricing = new(prices);

    /// <summary>Used on the ledger's thread.</summary>
    private readonly JournalReader _journal = new(data);

    /// <summary>Of the segment whose position the ledger knows; the gateway sends one after the other.</summary>
    private ReportedUsage? _known;

    /// <summary>What could not be read. Used on the ledger's thread.</summary>
    private ReportedUsage? _refused;

    private readonly Channel<(ReportedUsage Batch, long CameAt)> _batches = Channel.CreateBounded<(ReportedUsage, long)>(Capacity);

    /// <summary>What a batch adds to the histograms once it is stored, for each of those that share a commit.</summary>
    private readonly List<UsageObservation>[] _observations = [.. Enumerable.Range(0, AtOnceMax).Select(_ => new List<UsageObservation>())];

    /// <summary>When the first of the batches came that are being stored; 0 when none is.</summary>
    private long _storesSince;

    /// <summary>Counts what is stored.</summary>
    public UsageHistograms Histograms { get; init; } = new();

    /// <summary>Counts batches; null for nobody.</summary>
    public PlatformMetrics? Metrics { get; init; }

    /// <summary>Batches that wait.</summary>
    public int Waiting => _batches.Reader.Count;

    /// <summary>How long the oldest batch that is not stored has waited.</summary>
    public TimeSpan Lag
    {
        get
        {
            var since = Volatile.Read(ref _storesSince);
            return since != 0 ? time.GetElapsedTime(since) : _batches.Reader.TryPeek(out var next) ? time.GetElapsedTime(next.CameAt) : TimeSpan.Zero;
        }
    }

    /// <summary>Takes one batch.</summary>
    /// <exception cref="InvalidOperationException">
    /// Too many wait. The link is broken then, and what was not acknowledged comes again in order; dropping one batch out of a row would lose it.
    /// </exception>
    public void Enqueue(ReportedUsage batch)
    {
        if (!_batches.Writer.TryWrite((batch, time.GetTimestamp())))
        {
            throw new InvalidOperationException($"{Capacity} usage batches wait for the store");
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _journal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batches = new List<ReportedUsage>(AtOnceMax);
        while (await _batches.Reader.WaitToReadAsync(stoppingToken))
        {
            TakeInto(batches);
            while (!await TryIngestAsync(batches, stoppingToken))
            {
                // Nothing after a batch that is missing can be stored, so there is nothing else to do. The gateway's journal keeps what comes meanwhile.
                await Task.Delay(RetryAfter, time, stoppingToken);
            }

            Volatile.Write(ref _storesSince, 0);
        }
    }

    /// <summary>
    /// Takes what waits. The first batch of a segment is taken alone: until it is stored, the ledger has no position by which it would see that what
    /// follows leaves a gap.
    /// </summary>
    private void TakeInto(List<ReportedUsage> batches)
    {
        batches.Clear();
        while (batches.Count < AtOnceMax && _batches.Reader.TryPeek(out var batch))
        {
            var isKnown = _known?.IsBeside(batch.Batch) == true;
            if (!isKnown && batches.Count > 0)
            {
                return;
            }

            if (batches.Count == 0)
            {
                Volatile.Write(ref _storesSince, batch.CameAt);
            }

            batches.Add(batch.Batch);
            _batches.Reader.TryRead(out _);   // what was peeked: there is no other reader
            if (!isKnown)
            {
                return;
            }
        }
    }

    /// <summary>Stores batches in their order, all in one commit of the store's, and acknowledges them. False when the store could not.</summary>
    private async Task<bool> TryIngestAsync(List<ReportedUsage> batches, CancellationToken ct)
    {
        var results = await Task.WhenAll(batches.Select((batch, i) => IngestAsync(batch, _observations[i], ct)));   // The store takes them in the order of the calls.
        for (var i = 0; i < results.Length; i++)
        {
            // All are of one segment, so the last one says it for those before it.
            if (results[i].Stored is { } stored && (i + 1 == results.Length || results[i + 1].Stored is null))
            {
                _known = batches[i];
                link.Post(LinkMessages.UsageAck(_known.Position.Boot, _known.Position.Segment, stored));
            }
        }

        return !Array.Exists(results, result => result.MayRetry);
    }

    /// <summary>Up to where the batch's segment is stored; null when the batch can't be, now or ever.</summary>
    private async Task<(long? Stored, bool MayRetry)> IngestAsync(ReportedUsage batch, List<UsageObservation> observations, CancellationToken ct)
    {
        try
        {
            observations.Clear();   // and stays empty when the ledger has the batch already
            var stored = await ledger.IngestAsync(batch.Position, chunk => Add(batch, chunk, observations), ct);
            Histograms.Count(observations);
            Metrics?.Batch(BatchResult.Stored);
            return (stored, false);
        }
        catch (UsageGapException e)
        {
            // The batch begins before what is stored: the gateway continues from there.
            Metrics?.Batch(BatchResult.Gap);
            return (e.Stored, false);
        }
        catch (Exception e) when (e is StoreException or DbException)
        {
            Metrics?.Batch(BatchResult.Failed);
            Log.NotStored(logger, batch.Position.Boot, batch.Position.Segment, e);
            return (null, true);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Metrics?.Batch(BatchResult.Refused);
            Log.Refused(logger, batch.Position.Boot, batch.Position.Segment, batch.Position.From, batch.Position.To, e);
            return (null, false);
        }
    }

    /// <summary>Called in the order of the batches. After one that is refused nothing of its segment is taken until it comes again, or it would be lost.</summary>
    private void Add(ReportedUsage batch, UsageChunk chunk, List<UsageObservation> observations)
    {
        if (_refused is { } refused && refused.IsBeside(batch) && batch.Position.From > refused.Position.From)
        {
            throw new FormatException($"what is before it, at {refused.Position.From}, was refused");
        }

        _refused = batch;
        var bytes = batch.Records is { } records ? records.Span : _journal.Read(batch.Position);
        _pricing.AddTo(chunk, batch.Format, bytes);
        Histograms.Read(bytes, observations);
        _refused = null;
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Error, "Usage of gateway boot {Boot}, segment {Segment} could not be stored; it stays in the journal and is tried again")]
        public static partial void NotStored(ILogger logger, string boot, long segment, Exception exception);

        [LoggerMessage(2302, LogLevel.Error, "Usage of gateway boot {Boot}, segment {Segment}, {From} to {To} is refused; it stays in the journal and is sent again with the next connection")]
        public static partial void Refused(ILogger logger, string boot, long segment, long from, long to, Exception exception);
    }
}
