using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Controller.Metrics;

/// <summary>The queue, whose attempts' usage goes into the ledger with their ends and not by the gateway's journal: counted in the histograms once it is stored.</summary>
internal sealed class MeteredQueue(IInvocationQueue queue, UsageHistograms histograms) : IInvocationQueue
{
    /// <inheritdoc/>
    public async Task<bool> EndAsync(AttemptEnd end, CancellationToken ct)
    {
        var hasEnded = await queue.EndAsync(end, ct);
        if (hasEnded && end.Usage is { } usage)
        {
            histograms.Count(usage);
        }

        return hasEnded;
    }

    /// <inheritdoc/>
    public Task<Acceptance> EnqueueAsync(QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease, CancellationToken ct) => queue.EnqueueAsync(entry, body, lease, ct);

    /// <inheritdoc/>
    public Task<Claims> ClaimAsync(string lane, int count, DateTimeOffset now, Lease lease, CancellationToken ct) => queue.ClaimAsync(lane, count, now, lease, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimKey>> RenewAsync(IReadOnlyList<ClaimKey> claims, DateTimeOffset until, CancellationToken ct) => queue.RenewAsync(claims, until, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<(string Lane, string Id)>> RequeueAsync(DateTimeOffset now, string? owner, CancellationToken ct) => queue.RequeueAsync(now, owner, ct);

    /// <inheritdoc/>
    public Task<CancelOutcome> CancelAsync(string id, DateTimeOffset now, DateTimeOffset keepUntil, CancellationToken ct) => queue.CancelAsync(id, now, keepUntil, ct);

    /// <inheritdoc/>
    public Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct) => queue.FindAsync(id, ct);

    /// <inheritdoc/>
    public Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct) => queue.FindAnswerAsync(id, ct);

    /// <inheritdoc/>
    public Task<byte[]?> ReadBodyAsync(string id, CancellationToken ct) => queue.ReadBodyAsync(id, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueuedInvocation>> ListAsync(InvocationState state, string? function, string? after, int limit, CancellationToken ct) =>
        queue.ListAsync(state, function, after, limit, ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Backlog>> BacklogAsync(CancellationToken ct) => queue.BacklogAsync(ct);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, long>> DeadLettersAsync(CancellationToken ct) => queue.DeadLettersAsync(ct);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RedriveAsync(DeadLetterChoice choice, DateTimeOffset now, int limit, CancellationToken ct) => queue.RedriveAsync(choice, now, limit, ct);

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DeadLetterChoice choice, int limit, CancellationToken ct) => queue.PurgeAsync(choice, limit, ct);

    /// <inheritdoc/>
    public Task<int> ForgetAsync(DateTimeOffset now, int limit, CancellationToken ct) => queue.ForgetAsync(now, limit, ct);
}
