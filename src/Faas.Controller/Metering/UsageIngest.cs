using System.Data.Common;
using System.Threading.Channels;
using Faas.Controller.Link;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>
/// Takes usage batches from the gateway, prices them, and acknowledges each once it is durable. The ledger counts a position of the gateway's
/// journal only once, so a batch that is sent again after a broken link changes nothing.
/// </summary>
internal sealed partial class UsageIngest(IUsageLedger ledger, PriceTable prices, FleetLink link, ILogger<UsageIngest> logger, TimeProvider time)
    : BackgroundService
{
    /// <summary>Batches that may wait, 64 KiB each.</summary>
    private const int Capacity = 1024;

    /// <summary>Batches that share a commit; a gateway has 8 of a segment under way.</summary>
    private const int AtOnceMax = 32;

    /// <summary>A full disk doesn't become free within milliseconds.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly UsagePricing _pricing = new(prices);

    /// <summary>The segment whose position the ledger knows; the gateway sends one after the other.</summary>
    private (string Boot, long Segment)? _known;

    /// <summary>The batch that could not be read. Used on the ledger's thread.</summary>
    private UsageBatch? _refused;

    private readonly Channel<UsageBatch> _batches = Channel.CreateBounded<UsageBatch>(Capacity);

    /// <summary>Takes one batch.</summary>
    /// <exception cref="InvalidOperationException">
    /// Too many wait. The link is broken then, and what was not acknowledged comes again in order; dropping one batch out of a row would lose it.
    /// </exception>
    public void Enqueue(UsageBatch batch)
    {
        if (!_batches.Writer.TryWrite(batch))
        {
            throw new InvalidOperationException($"{Capacity} usage batches wait for the store");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batches = new List<UsageBatch>(AtOnceMax);
        while (await _batches.Reader.WaitToReadAsync(stoppingToken))
        {
            TakeInto(batches);
            while (!await TryIngestAsync(batches, stoppingToken))
            {
                // Nothing after a batch that is missing can be stored, so there is nothing else to do. The gateway's journal keeps what comes meanwhile.
                await Task.Delay(RetryAfter, time, stoppingToken);
            }
        }
    }

    /// <summary>
    /// Takes what waits. The first batch of a segment is taken alone: until it is stored, the ledger has no position by which it would see that what
    /// follows leaves a gap.
    /// </summary>
    private void TakeInto(List<UsageBatch> batches)
    {
        batches.Clear();
        while (batches.Count < AtOnceMax && _batches.Reader.TryPeek(out var batch))
        {
            var isKnown = _known == (batch.Boot, batch.Segment);
            if (!isKnown && batches.Count > 0)
            {
                return;
            }

            batches.Add(batch);
            _batches.Reader.TryRead(out _);   // what was peeked: there is no other reader
            if (!isKnown)
            {
                return;
            }
        }
    }

    /// <summary>Stores batches in their order, all in one commit of the store's, and acknowledges them. False when the store could not.</summary>
    private async Task<bool> TryIngestAsync(List<UsageBatch> batches, CancellationToken ct)
    {
        var results = await Task.WhenAll(batches.ConvertAll(batch => IngestAsync(batch, ct)));   // The store takes them in the order of the calls.
        for (var i = 0; i < results.Length; i++)
        {
            // All are of one segment, so the last one says it for those before it.
            if (results[i].Stored is { } stored && (i + 1 == results.Length || results[i + 1].Stored is null))
            {
                _known = (batches[i].Boot, batches[i].Segment);
                link.Post(LinkMessages.UsageAck(batches[i].Boot, batches[i].Segment, stored));
            }
        }

        return !Array.Exists(results, result => result.MayRetry);
    }

    /// <summary>Up to where the batch's segment is stored; null when the batch can't be, now or ever.</summary>
    private async Task<(long? Stored, bool MayRetry)> IngestAsync(UsageBatch batch, CancellationToken ct)
    {
        try
        {
            return (await ledger.IngestAsync(new UsagePosition(batch.Boot, batch.Segment, batch.From, batch.To), chunk => Add(batch, chunk), ct), false);
        }
        catch (UsageGapException e)
        {
            // The batch begins before what is stored: the gateway continues from there.
            return (e.Stored, false);
        }
        catch (Exception e) when (e is StoreException or DbException)
        {
            Log.NotStored(logger, batch.Boot, batch.Segment, e);
            return (null, true);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Refused(logger, batch.Boot, batch.Segment, batch.From, batch.To, e);
            return (null, false);
        }
    }

    /// <summary>Called in the order of the batches. After one that is refused nothing of its segment is taken until it comes again, or it would be lost.</summary>
    private void Add(UsageBatch batch, UsageChunk chunk)
    {
        if (_refused is { } refused && refused.Boot == batch.Boot && refused.Segment == batch.Segment && batch.From > refused.From)
        {
            throw new FormatException($"what is before it, at {refused.From}, was refused");
        }

        _refused = batch;
        _pricing.AddTo(chunk, batch);
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
