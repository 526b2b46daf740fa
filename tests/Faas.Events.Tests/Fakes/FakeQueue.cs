using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Tests;

/// <summary>A real queue whose writes can be made to fail.</summary>
internal sealed class FakeQueue(IInvocationQueue queue) : IInvocationQueue
{
    private int _failures;

    /// <summary>How many of the next ends fail, as on a full disk.</summary>
    public int EndsThatFail { get => _failures; set => _failures = value; }

    public Task<Acceptance> EnqueueAsync(QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease, CancellationToken ct) => queue.EnqueueAsync(entry, body, lease, ct);

    public Task<Claims> ClaimAsync(string lane, int count, DateTimeOffset now, Lease lease, CancellationToken ct) => queue.ClaimAsync(lane, count, now, lease, ct);

    public Task<IReadOnlyList<ClaimKey>> RenewAsync(IReadOnlyList<ClaimKey> claims, DateTimeOffset until, CancellationToken ct) => queue.RenewAsync(claims, until, ct);

    public Task<bool> EndAsync(AttemptEnd end, CancellationToken ct) =>
        Interlocked.Decrement(ref _failures) >= 0 ? throw new IOException("no space left on device") : queue.EndAsync(end, ct);

    public Task<IReadOnlyList<(string Lane, string Id)>> RequeueAsync(DateTimeOffset now, string? owner, CancellationToken ct) => queue.RequeueAsync(now, owner, ct);

    public Task<CancelOutcome> CancelAsync(string id, DateTimeOffset now, DateTimeOffset keepUntil, CancellationToken ct) => queue.CancelAsync(id, now, keepUntil, ct);

    public Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct) => queue.FindAsync(id, ct);

    public Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct) => queue.FindAnswerAsync(id, ct);

    public Task<byte[]?> ReadBodyAsync(string id, CancellationToken ct) => queue.ReadBodyAsync(id, ct);

    public Task<IReadOnlyList<QueuedInvocation>> ListAsync(InvocationState state, string? function, string? after, int limit, CancellationToken ct) =>
        queue.ListAsync(state, function, after, limit, ct);

    public Task<IReadOnlyList<Backlog>> BacklogAsync(CancellationToken ct) => queue.BacklogAsync(ct);

    public Task<IReadOnlyDictionary<string, long>> DeadLettersAsync(CancellationToken ct) => queue.DeadLettersAsync(ct);

    public Task<IReadOnlyList<string>> RedriveAsync(DeadLetterChoice choice, DateTimeOffset now, int limit, CancellationToken ct) => queue.RedriveAsync(choice, now, limit, ct);

    public Task<int> PurgeAsync(DeadLetterChoice choice, int limit, CancellationToken ct) => queue.PurgeAsync(choice, limit, ct);

    public Task<int> ForgetAsync(DateTimeOffset now, int limit, CancellationToken ct) => queue.ForgetAsync(now, limit, ct);
}
