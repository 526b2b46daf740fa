namespace Faas.Storage.Redis;

/// <summary>
/// Moves usage records from the outbox into the ledger, each exactly once: a batch is ingested under its position, which the ledger keeps with it, and removed
/// afterwards. Who ends in between leaves records behind that the ledger has; it says so, and they are removed without being counted again. Several drains
/// may run at once.
/// </summary>
public sealed class UsageOutboxDrain(UsageOutbox outbox, IUsageLedger ledger)
{
    // As many as fit well into one commit of the ledger; a record is some 400 bytes on its way.
    private const int BatchMax = 500;

    /// <summary>Moves one batch. Zero when the outbox is empty.</summary>
    /// <returns>How many records left the outbox.</returns>
    public async Task<int> DrainAsync(CancellationToken ct)
    {
        while (true)
        {
            var batch = await outbox.ReadAsync(BatchMax, ct);
            if (batch.Records.Count == 0)
            {
                return 0;
            }

            if (await IngestAsync(batch, ct) is > 0 and var known && await outbox.RemoveAsync(batch, known, ct) is > 0 and var removed)
            {
                return removed;
            }
        }
    }

    /// <summary>How many of the batch, from its beginning, the ledger has now.</summary>
    private async Task<int> IngestAsync(UsageOutboxBatch batch, CancellationToken ct)
    {
        var position = new UsagePosition("redis-" + batch.Id, 0, batch.Position, batch.Position + batch.Records.Count);
        try
        {
            await ledger.IngestAsync(
                position,
                chunk =>
                {
                    foreach (var record in batch.Records)
                    {
                        chunk.Add(record);
                    }
                },
                ct);
            return batch.Records.Count;
        }
        catch (UsageGapException gap) when (gap.Stored > position.From)
        {
            return (int)(gap.Stored - position.From);   // a shorter batch was ingested and not removed; more has come since
        }
        catch (UsageGapException)
        {
            // The ledger is an older copy of itself: what it misses is not here any more. Under another name what is here can be counted, once.
            await outbox.RenameAsync(batch, ct);
            return 0;
        }
    }
}
