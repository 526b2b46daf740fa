using System.Threading.Channels;
using Faas.Contracts.Invocations;
using Faas.Controller.Link;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>
/// Takes usage batches from the gateway, prices them, and acknowledges each once it is durable. The ledger counts a position of the gateway's
/// journal only once, so a batch that is sent again after a broken link changes nothing.
/// </summary>
internal sealed partial class UsageIngest(IUsageLedger ledger, PriceTable prices, FleetLink link, ILogger<UsageIngest> logger) : BackgroundService
{
    /// <summary>Batches that may wait, 512 records each: two seconds of the ledger's measured pace.</summary>
    private const int Capacity = 1024;

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
        await foreach (var batch in _batches.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await IngestAsync(batch, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, batch.Boot, batch.Segment, e);
            }
        }
    }

    private async Task IngestAsync(UsageBatch batch, CancellationToken ct)
    {
        var records = new UsageRecord[batch.Records.Count];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = Price(batch.Records[i]);
        }

        long stored;
        try
        {
            stored = await ledger.IngestAsync(new UsagePosition(batch.Boot, batch.Segment, batch.From, batch.To), records, ct);
        }
        catch (UsageGapException e)
        {
            // The batch begins before what is stored: the gateway continues from there.
            stored = e.Stored;
        }

        link.Post(LinkMessages.UsageAck(batch.Boot, batch.Segment, stored));
    }

    private UsageRecord Price(Usage usage)
    {
        var outcome = (InvocationError)usage.Outcome;
        var run = TimeSpan.FromMicroseconds(usage.RunUs);
        var billedMs = PriceTable.BilledMs(run, outcome, ran: usage.Instance.Length > 0);
        return new UsageRecord
        {
            InvocationId = usage.InvocationId,
            Function = usage.Function,
            Revision = usage.Revision,
            Instance = usage.Instance,
            ReceivedAt = DateTimeOffset.UnixEpoch.AddMicroseconds(usage.ReceivedUnixUs),
            Queued = TimeSpan.FromMicroseconds(usage.QueuedUs),
            Cold = TimeSpan.FromMicroseconds(usage.ColdUs),
            Run = run,
            BilledMs = billedMs,
            MemoryMiB = usage.MemoryMib,
            GiBSeconds = billedMs / 1000.0 * usage.MemoryMib / 1024,
            BytesIn = usage.BytesIn,
            BytesOut = usage.BytesOut,
            Status = usage.Status,
            Outcome = outcome,
            Blame = InvocationErrors.Of(outcome).Blame,
            Cost = prices.CostOf(billedMs, usage.MemoryMib),
        };
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Error, "Usage of gateway boot {Boot}, segment {Segment} could not be stored; it stays in the journal and is sent again")]
        public static partial void Failed(ILogger logger, string boot, long segment, Exception exception);
    }
}
