using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Storage.Tests.Redis;

/// <summary>A ledger whose process ends right after an ingestion, before anybody knows of it.</summary>
internal sealed class LedgerThatEndsAfterwards(IUsageLedger ledger) : IUsageLedger
{
    public async Task<long> IngestAsync(UsagePosition position, Action<UsageChunk> add, CancellationToken ct)
    {
        await ledger.IngestAsync(position, add, ct);
        throw new IOException("the process ended");
    }

    public Task<IReadOnlyList<UsageRecord>> ListAsync(string? function, string? invocationId, int limit, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<UsageTotals> TotalsAsync(string function, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<UsagePeriodSum>> SumsAsync(UsagePeriod period, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => throw new NotSupportedException();

    public Task PruneMinutesAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

    public Task<bool> VisitAsync(DateTimeOffset from, DateTimeOffset to, long limit, UsageVisitor visitor, CancellationToken ct) => throw new NotSupportedException();

    public Task<int> PruneAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();
}
