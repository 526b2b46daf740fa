using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The queue in the embedded store. Its writes share the store's commits; the usage of attempts that end in a commit is added to the ledger by the same one.</summary>
internal sealed class SqliteQueue(SqliteWriter writer, SqliteReaders readers, CommittedUsage usage) : IInvocationQueue
{
    private const int LimitMax = 1000;

    /// <inheritdoc/>
    public Task<Acceptance> EnqueueAsync(QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease, CancellationToken ct) =>
        writer.WriteAsync(session => QueueWrites.Enqueue(session, entry, body, lease), ct);

    /// <inheritdoc/>
    public Task<Claims> ClaimAsync(string lane, int count, DateTimeOffset now, Lease lease, CancellationToken ct) =>
        writer.WriteAsync(session => QueueWrites.Claim(session, lane, Math.Clamp(count, 1, LimitMax), now, lease), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ClaimKey>> RenewAsync(IReadOnlyList<ClaimKey> claims, DateTimeOffset until, CancellationToken ct) =>
        await writer.WriteAsync(session => QueueWrites.RenewAll(session, claims, until), ct);

    /// <inheritdoc/>
    public Task<bool> EndAsync(AttemptEnd end, CancellationToken ct) => writer.WriteAsync(
        session =>
        {
            if (!QueueWrites.End(session, end))
            {
                return false;
            }

            if (end.Usage is { } record)
            {
                usage.Add(record);   // last, so that what is undone has added nothing
            }

            return true;
        },
        ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string Lane, string Id)>> RequeueAsync(DateTimeOffset now, string? owner, CancellationToken ct) =>
        await writer.WriteAsync(session => QueueUpkeep.Requeue(session, now, owner), ct);

    /// <inheritdoc/>
    public Task<CancelOutcome> CancelAsync(string id, DateTimeOffset now, DateTimeOffset keepUntil, CancellationToken ct) =>
        writer.WriteAsync(session => QueueUpkeep.Cancel(session, id, now, keepUntil), ct);

    /// <inheritdoc/>
    public Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct) => readers.ReadAsync(session => QueueReads.Find(session, id), ct);

    /// <inheritdoc/>
    public Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct) => readers.ReadAsync(session => QueueReads.FindAnswer(session, id), ct);

    /// <inheritdoc/>
    public Task<byte[]?> ReadBodyAsync(string id, CancellationToken ct) => readers.ReadAsync(session => QueueReads.ReadBody(session, id), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueuedInvocation>> ListAsync(InvocationState state, string? function, string? after, int limit, CancellationToken ct) =>
        await readers.ReadAsync(session => QueueReads.List(session, state, function, after, Math.Clamp(limit, 1, LimitMax)), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Backlog>> BacklogAsync(CancellationToken ct) => await readers.ReadAsync(QueueReads.Backlog, ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> DeadLettersAsync(CancellationToken ct) => await readers.ReadAsync(QueueReads.DeadLetters, ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RedriveAsync(DeadLetterChoice choice, DateTimeOffset now, int limit, CancellationToken ct) =>
        await writer.WriteAsync(session => QueueUpkeep.Redrive(session, choice, now, Math.Clamp(limit, 1, LimitMax)), ct);

    /// <inheritdoc/>
    public Task<int> PurgeAsync(DeadLetterChoice choice, int limit, CancellationToken ct) =>
        writer.WriteAsync(session => QueueUpkeep.Purge(session, choice, Math.Clamp(limit, 1, LimitMax)), ct);

    /// <inheritdoc/>
    public Task<int> ForgetAsync(DateTimeOffset now, int limit, CancellationToken ct) =>
        writer.WriteAsync(session => QueueUpkeep.Forget(session, now, Math.Clamp(limit, 1, LimitMax)), ct);
}
