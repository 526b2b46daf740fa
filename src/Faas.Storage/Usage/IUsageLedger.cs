using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>Is shown one record, whose texts are valid only until it returns.</summary>
public delegate void UsageVisitor(in UsageLine line);

/// <summary>Usage records and their sums. Records may be pruned, sums never shrink. Durable like <see cref="IFunctionStore"/>.</summary>
public interface IUsageLedger
{
    /// <summary>
    /// Stores the records that <paramref name="add"/> adds to the chunk it is given, counts them in all sums and advances the segment's position, all
    /// in one transaction. A batch that ends at or before the position was ingested already and is skipped. A segment that is not known yet may begin
    /// anywhere. <paramref name="add"/> is called on the store's own thread, at most once, for one batch after the other in the order of the calls; when
    /// it throws, nothing of the batch is stored.
    /// </summary>
    /// <returns>The segment's position: everything before it is durable and may be forgotten by the gateway.</returns>
    /// <exception cref="UsageGapException">The batch overlaps the position without ending before it, or begins after it.</exception>
    Task<long> IngestAsync(UsagePosition position, Action<UsageChunk> add, CancellationToken ct);

    /// <summary>
    /// The newest records first, of one function, of one invocation, or of both. An invocation id may have several records,
    /// because callers may choose it. At most <paramref name="limit"/>, 1 to 10,000.
    /// </summary>
    Task<IReadOnlyList<UsageRecord>> ListAsync(string? function, string? invocationId, int limit, CancellationToken ct);

    /// <summary>The totals of every function that was ever invoked, deleted ones included.</summary>
    Task<IReadOnlyDictionary<string, UsageTotals>> TotalsAsync(CancellationToken ct);

    /// <summary>The totals of one function; zeros when it was never invoked.</summary>
    Task<UsageTotals> TotalsAsync(string function, CancellationToken ct);

    /// <summary>
    /// Sums by function, revision, outcome and version of the prices of the periods that begin at or after <paramref name="from"/> and before <paramref name="to"/>, in this order:
    /// by beginning, function, revision, outcome, version. They agree with the records at every moment. Days are kept for ever, hours as long as records, minutes until they are pruned.
    /// </summary>
    Task<IReadOnlyList<UsagePeriodSum>> SumsAsync(UsagePeriod period, DateTimeOffset from, DateTimeOffset to, CancellationToken ct);

    /// <summary>
    /// Shows the records that were received at or after <paramref name="from"/> and before <paramref name="to"/>, in any order, 0.1 µs each: for what no sum has. False, and nothing is
    /// shown, when there may be more than <paramref name="limit"/>.
    /// </summary>
    Task<bool> VisitAsync(DateTimeOffset from, DateTimeOffset to, long limit, UsageVisitor visitor, CancellationToken ct);

    /// <summary>Removes sums by minute of minutes before <paramref name="before"/>; longer periods have them too.</summary>
    Task PruneMinutesAsync(DateTimeOffset before, CancellationToken ct);

    /// <summary>Removes records of invocations received before <paramref name="before"/>, and the hours and minutes before it; totals and days stay.</summary>
    /// <returns>How many were removed.</returns>
    Task<int> PruneAsync(DateTimeOffset before, CancellationToken ct);
}
