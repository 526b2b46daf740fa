using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>
/// Asynchronous invocations from their acceptance until they are forgotten. Events are delivered at least once: an entry is claimed under a lease that its
/// holder renews, and only the holder of the newest claim can end it. A completed call is durable like <see cref="IFunctionStore"/>'s; a cancelled one may or may
/// not have happened. The queue decides nothing: times and states are its callers'.
/// </summary>
public interface IInvocationQueue
{
    /// <summary>
    /// Accepts an entry. With <paramref name="lease"/> it is claimed by the same write, as attempt 1. A call repeated with the same
    /// <see cref="QueueEntry.Nonce"/> has the outcome of the first one and changes nothing.
    /// </summary>
    Task<Acceptance> EnqueueAsync(QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease, CancellationToken ct);

    /// <summary>Claims the entries of <paramref name="lane"/> that are due at <paramref name="now"/>, longest due first, at most <paramref name="count"/>.</summary>
    Task<Claims> ClaimAsync(string lane, int count, DateTimeOffset now, Lease lease, CancellationToken ct);

    /// <summary>Extends the leases of running attempts. Returns those that are not theirs any more: cancelled, or claimed anew.</summary>
    Task<IReadOnlyList<ClaimKey>> RenewAsync(IReadOnlyList<ClaimKey> claims, DateTimeOffset until, CancellationToken ct);

    /// <summary>
    /// Ends an attempt: next state, result, usage, what follows from it, all in one transaction. False when the claim is not the newest any more; then nothing of
    /// it happened, and the attempt is not billed.
    /// </summary>
    Task<bool> EndAsync(AttemptEnd end, CancellationToken ct);

    /// <summary>
    /// Puts back what is claimed under leases that ended before <paramref name="now"/>, or under any lease of <paramref name="owner"/> (null for nobody's), due at
    /// once. The attempts are recorded as cut off.
    /// </summary>
    /// <returns>The lanes that have something due now, and the ids of what was put back.</returns>
    Task<IReadOnlyList<(string Lane, string Id)>> RequeueAsync(DateTimeOffset now, string? owner, CancellationToken ct);

    /// <summary>Cancels an entry that has not ended. A running attempt loses its claim.</summary>
    Task<CancelOutcome> CancelAsync(string id, DateTimeOffset now, DateTimeOffset keepUntil, CancellationToken ct);

    /// <summary>An entry with its attempts; null when there is none, or none any more.</summary>
    Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct);

    /// <summary>The result of an entry that has ended; null when it has none, or it was not kept.</summary>
    Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct);

    /// <summary>An entry's body; null when there is no such entry, or it is not needed any more.</summary>
    Task<byte[]?> ReadBodyAsync(string id, CancellationToken ct);

    /// <summary>Entries of one state, of one function or of all (null), in the order of acceptance beginning after <paramref name="after"/> (null for the first), at most <paramref name="limit"/> (1 to 1,000).</summary>
    Task<IReadOnlyList<QueuedInvocation>> ListAsync(InvocationState state, string? function, string? after, int limit, CancellationToken ct);

    /// <summary>All lanes in which something waits or runs.</summary>
    Task<IReadOnlyList<Backlog>> BacklogAsync(CancellationToken ct);

    /// <summary>How many dead letters each function has.</summary>
    Task<IReadOnlyDictionary<string, long>> DeadLettersAsync(CancellationToken ct);

    /// <summary>
    /// Queues dead letters again, due at <paramref name="now"/>, with no failures counted: the one with this id, or the oldest of a function, or of all. Returns
    /// their lanes, at most <paramref name="limit"/> (1 to 1,000) at a time.
    /// </summary>
    Task<IReadOnlyList<string>> RedriveAsync(DeadLetterChoice choice, DateTimeOffset now, int limit, CancellationToken ct);

    /// <summary>Removes dead letters for good, at most <paramref name="limit"/> (1 to 1,000) at a time. Returns how many.</summary>
    Task<int> PurgeAsync(DeadLetterChoice choice, int limit, CancellationToken ct);

    /// <summary>Forgets ended entries and idempotency keys whose time is over. Returns how many, at most <paramref name="limit"/> (1 to 1,000) of each at a time.</summary>
    Task<int> ForgetAsync(DateTimeOffset now, int limit, CancellationToken ct);
}

/// <summary>Which dead letters are meant; both null means all of them.</summary>
/// <param name="Id">Only this one.</param>
/// <param name="Function">Only this function's.</param>
public sealed record DeadLetterChoice(string? Id, string? Function);

/// <summary>What came of a cancellation.</summary>
public enum CancelOutcome
{
    /// <summary>It waited, and will not run.</summary>
    Cancelled,

    /// <summary>An attempt was running; it is told to stop, and how it ends does not matter any more.</summary>
    CancelledRunning,

    /// <summary>It had ended already.</summary>
    HasEnded,

    /// <summary>There is no such entry.</summary>
    NotFound,
}
