using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;
using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>
/// The queue in Redis 7. Each change is one script, which happens wholly or not at all; it is as durable as Redis is told to be, see <see cref="Warnings"/>.
/// Usage goes through <see cref="Outbox"/>. While Redis is not reachable every operation fails with <see cref="StoreFailure.Unreachable"/>, within the
/// timeout, and works again by itself when Redis is back.
/// </summary>
public sealed class RedisQueue : IInvocationQueue, IAsyncDisposable
{
    private const int LimitMax = 1000;

    // What is put back by one script: others wait while it runs, some 20 µs for each.
    private const int RequeueMax = 500;

    private static readonly TimeSpan LoadingPause = TimeSpan.FromMilliseconds(100);

    private readonly RedisConnection _redis;
    private readonly RedisAcceptances _acceptances;

    private RedisQueue(RedisConnection redis, IReadOnlyList<string> warnings)
    {
        _redis = redis;
        _acceptances = new RedisAcceptances(redis);
        Warnings = warnings;
        Outbox = new UsageOutbox(redis);
    }

    /// <summary>What of Redis's settings makes it lose accepted events, in sentences; empty when nothing does.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Usage on its way into the ledger.</summary>
    public UsageOutbox Outbox { get; }

    /// <summary>Connects and looks at Redis's settings. A Redis that still reads its files, as after a restart of the machine, is waited for.</summary>
    /// <exception cref="StoreException">Redis is not reachable, or the options are wrong.</exception>
    public static async Task<RedisQueue> ConnectAsync(RedisQueueOptions options, CancellationToken ct)
    {
        var redis = await RedisConnection.OpenAsync(options, ct);
        try
        {
            return new RedisQueue(redis, await PrepareAsync(redis, ct));
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Acceptance> EnqueueAsync(QueueEntry entry, ReadOnlyMemory<byte> body, Lease? lease, CancellationToken ct) => _acceptances.AcceptAsync(entry, body, lease, ct);

    /// <inheritdoc/>
    public async Task<Claims> ClaimAsync(string lane, int count, DateTimeOffset now, Lease lease, CancellationToken ct)
    {
        RedisValue[] arguments =
        [
            lane, UnixMicroseconds.From(now), Math.Clamp(count, 1, LimitMax), lease.Owner, UnixMicroseconds.From(lease.StartedAt), UnixMicroseconds.From(lease.Until),
        ];
        return RedisEntries.ReadClaims(await _redis.RunAsync(RedisScripts.Claim, arguments, ct), lease.StartedAt);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ClaimKey>> RenewAsync(IReadOnlyList<ClaimKey> claims, DateTimeOffset until, CancellationToken ct)
    {
        var arguments = new RedisValue[1 + (2 * claims.Count)];
        arguments[0] = UnixMicroseconds.From(until);
        for (var i = 0; i < claims.Count; i++)
        {
            (arguments[1 + (2 * i)], arguments[2 + (2 * i)]) = (claims[i].Id, claims[i].Attempt);
        }

        return RedisEntries.ReadAll(await _redis.RunAsync(RedisScripts.Renew, arguments, ct), place => claims[(int)place]);
    }

    /// <inheritdoc/>
    public async Task<bool> EndAsync(AttemptEnd end, CancellationToken ct) => (bool)await _redis.RunAsync(RedisScripts.End, RedisEntries.EndArguments(end), ct);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string Lane, string Id)>> RequeueAsync(DateTimeOffset now, string? owner, CancellationToken ct)
    {
        var back = new List<(string Lane, string Id)>();
        var nowUs = UnixMicroseconds.From(now);
        RedisResult lost;
        do
        {
            lost = await _redis.RunAsync(RedisScripts.Lost, owner is null ? [nowUs, RequeueMax] : [nowUs, RequeueMax, owner], ct);
            var arguments = new List<RedisValue> { nowUs, owner is not null, owner ?? "" };
            foreach (var (id, attempt, startedAt) in RedisEntries.ReadAll(lost, ReadLost))
            {
                arguments.AddRange([id, attempt, QueueRows.ToLine(QueueRows.Cut(attempt, startedAt, now))]);
            }

            back.AddRange(RedisEntries.ReadAll(await _redis.RunAsync(RedisScripts.Requeue, [.. arguments], ct), entry => (RedisEntries.Text(entry[0]), RedisEntries.Text(entry[1]))));
        }
        while (lost.Length == RequeueMax);
        return back;
    }

    /// <inheritdoc/>
    public async Task<CancelOutcome> CancelAsync(string id, DateTimeOffset now, DateTimeOffset keepUntil, CancellationToken ct)
    {
        RedisValue[] known = [id, UnixMicroseconds.From(now), UnixMicroseconds.From(keepUntil)];
        var arguments = known;
        while (true)
        {
            var reply = await _redis.RunAsync(RedisScripts.Cancel, arguments, ct);
            if (reply.Resp2Type != ResultType.Array)
            {
                return ReadCancellation(RedisEntries.Text(reply));
            }

            // It runs. What its history says is written here; should another attempt run by then, we are told again.
            var attempt = (int)reply[0];
            arguments = [.. known, attempt, QueueRows.ToLine(QueueRows.CutByCancellation(attempt, UnixMicroseconds.ToTime((long)reply[1]), now))];
        }
    }

    /// <inheritdoc/>
    public async Task<QueuedInvocation?> FindAsync(string id, CancellationToken ct) =>
        await _redis.RunAsync(RedisScripts.Find, [id], ct) is { IsNull: false } row ? RedisEntries.ReadRow(row) : null;

    /// <inheritdoc/>
    public async Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct)
    {
        var found = await _redis.RunAsync(database => database.HashGetAsync(_redis.Prefix + "a:" + id, ["head", "body"]), ct);
        return found[0].IsNull ? null : QueueRows.ParseAnswer(found[0].ToString(), (byte[]?)found[1] ?? []);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueuedInvocation>> ListAsync(InvocationState state, string? function, string? after, int limit, CancellationToken ct)
    {
        RedisValue list = function is null ? $"s:{(int)state}" : $"s:{(int)state}:{function}";
        RedisValue most = Math.Clamp(limit, 1, LimitMax);
        return RedisEntries.ReadAll(await _redis.RunAsync(RedisScripts.List, after is null ? [list, most] : [list, most, after], ct), RedisEntries.ReadRow);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Backlog>> BacklogAsync(CancellationToken ct)
    {
        var lanes = RedisEntries.ReadAll(await _redis.RunAsync(RedisScripts.Backlog, [], ct), RedisEntries.ReadBacklog);
        Array.Sort(lanes, (one, other) => string.CompareOrdinal(one.Lane, other.Lane));
        return lanes;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> DeadLettersAsync(CancellationToken ct)
    {
        var counts = await _redis.RunAsync(database => database.HashGetAllAsync(_redis.Prefix + "dead"), ct);
        return counts.ToDictionary(count => count.Name.ToString(), count => (long)count.Value, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RedriveAsync(DeadLetterChoice choice, DateTimeOffset now, int limit, CancellationToken ct) =>
        RedisEntries.ReadAll(await _redis.RunAsync(RedisScripts.Redrive, [.. Chosen(choice, limit), UnixMicroseconds.From(now)], ct), RedisEntries.Text);

    /// <inheritdoc/>
    public async Task<byte[]?> ReadBodyAsync(string id, CancellationToken ct) =>
        await _redis.RunAsync(database => database.HashGetAsync($"{_redis.Prefix}e:{id}", "body"), ct);

    /// <inheritdoc/>
    public async Task<int> PurgeAsync(DeadLetterChoice choice, int limit, CancellationToken ct) =>
        (int)await _redis.RunAsync(RedisScripts.Purge, Chosen(choice, limit), ct);

    /// <inheritdoc/>
    public async Task<int> ForgetAsync(DateTimeOffset now, int limit, CancellationToken ct) =>
        (int)await _redis.RunAsync(RedisScripts.Forget, [UnixMicroseconds.From(now), Math.Clamp(limit, 1, LimitMax)], ct);

    /// <summary>Ends the connection; what still waits for an answer fails.</summary>
    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private static (string Id, int Attempt, DateTimeOffset StartedAt) ReadLost(RedisResult lost) =>
        (RedisEntries.Text(lost[0]), (int)lost[1], UnixMicroseconds.ToTime((long)lost[2]));

    private static CancelOutcome ReadCancellation(string outcome) => outcome switch
    {
        "cancelled" => CancelOutcome.Cancelled,
        "cancelled running" => CancelOutcome.CancelledRunning,
        "has ended" => CancelOutcome.HasEnded,
        "not found" => CancelOutcome.NotFound,
        _ => throw new InvalidDataException($"'{outcome}' is no outcome of a cancellation"),
    };

    private static RedisValue[] Chosen(DeadLetterChoice choice, int limit) => choice switch
    {
        { Id: { } id } => ["id", id, Math.Clamp(limit, 1, LimitMax)],
        { Function: { } function } => ["function", function, Math.Clamp(limit, 1, LimitMax)],
        _ => ["all", "", Math.Clamp(limit, 1, LimitMax)],
    };

    private static async Task<IReadOnlyList<string>> PrepareAsync(RedisConnection redis, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await redis.PrepareAsync(ct);
            }
            catch (StoreException exception) when (RedisErrors.IsLoading(exception))
            {
                await Task.Delay(LoadingPause, TimeProvider.System, ct);
            }
        }
    }
}
