using Faas.Contracts.Invocations;

namespace Faas.Storage.Tests;

/// <summary>Lets tests give the ledger the records that they read back from it.</summary>
internal static class LedgerRecords
{
    public static Task<long> IngestAsync(this IUsageLedger ledger, UsagePosition position, IReadOnlyList<UsageRecord> records, CancellationToken ct) =>
        ledger.IngestAsync(position, chunk => AddTo(chunk, records), ct);

    public static UsageChunk ChunkOf(IReadOnlyList<UsageRecord> records)
    {
        var chunk = new UsageChunk(records.Count);
        AddTo(chunk, records);
        return chunk;
    }

    private static void AddTo(UsageChunk chunk, IReadOnlyList<UsageRecord> records)
    {
        foreach (var record in records)
        {
            chunk.Add(record);
        }
    }
}
