using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Controller.Tests.Metering;

/// <summary>A ledger whose disk is full now and then.</summary>
internal sealed class BreakableLedger(SqliteStore store) : IUsageLedger
{
    private int _failures;

    public SqliteStore Store { get; } = store;

    /// <summary>How many batches it will refuse.</summary>
    public int Failures
    {
        get => Volatile.Read(ref _failures);
        set => Volatile.Write(ref _failures, value);
    }

    public Task<long> IngestAsync(UsagePosition position, Action<UsageChunk> add, CancellationToken ct)
    {
        if (Interlocked.Decrement(ref _failures) < 0)
        {
            Interlocked.Increment(ref _failures);
            return Store.IngestAsync(position, add, ct);
        }

        return Task.FromException<long>(new StoreException(StoreFailure.CannotOpen, "the disk is full"));
    }

    public Task<IReadOnlyList<UsageRecord>> ListAsync(string? function, string? invocationId, int limit, CancellationToken ct) =>
        Store.ListAsync(function, invocationId, limit, ct);

    public Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct) => Store.TotalsAsync(ct);

    public Task<UsageTotals> TotalsAsync(string function, CancellationToken ct) => Store.TotalsAsync(function, ct);

    public Task<IReadOnlyList<UsagePeriodSum>> SumsAsync(UsagePeriod period, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        Store.SumsAsync(period, from, to, ct);

    public Task PruneMinutesAsync(DateTimeOffset before, CancellationToken ct) => Store.PruneMinutesAsync(before, ct);

    public Task<bool> VisitAsync(DateTimeOffset from, DateTimeOffset to, long limit, UsageVisitor visitor, CancellationToken ct) => Store.VisitAsync(from, to, limit, visitor, ct);

    public Task<int> PruneAsync(DateTimeOffset before, CancellationToken ct) => Store.PruneAsync(before, ct);
}
