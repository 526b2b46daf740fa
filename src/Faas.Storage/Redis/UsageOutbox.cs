using System.Globalization;
using System.Text.Json;
using Faas.Contracts.Invocations;
using StackExchange.Redis;

namespace Faas.Storage.Redis;

/// <summary>
/// Usage records of attempts that ended in Redis, until they are in the ledger, which is another store. The script that ends an attempt puts its record here, so
/// that both happen or neither does.
/// </summary>
public sealed class UsageOutbox
{
    private readonly RedisConnection _redis;

    internal UsageOutbox(RedisConnection redis) => _redis = redis;

    /// <summary>Reads the oldest records, at most <paramref name="count"/>, and removes nothing.</summary>
    public async Task<UsageOutboxBatch> ReadAsync(int count, CancellationToken ct)
    {
        var reply = await _redis.RunAsync(RedisScripts.UsageRead, [NewId(), Math.Max(1, count)], ct);
        var position = long.Parse(RedisEntries.Text(reply[1]), CultureInfo.InvariantCulture);
        return new UsageOutboxBatch(RedisEntries.Text(reply[0]), position, RedisEntries.ReadAll(reply[2], Parse));
    }

    /// <summary>
    /// Removes the first <paramref name="count"/> records of a batch. When they are not the outbox's first ones any more, because somebody removed them already,
    /// it does nothing; so it may be repeated.
    /// </summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveAsync(UsageOutboxBatch batch, int count, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, batch.Records.Count);
        return (int)await _redis.RunAsync(RedisScripts.UsageRemove, [batch.Id, batch.Position, count], ct);
    }

    /// <summary>Gives the outbox another id, unless somebody did since <paramref name="batch"/> was read.</summary>
    internal Task RenameAsync(UsageOutboxBatch batch, CancellationToken ct) => _redis.RunAsync(RedisScripts.UsageRename, [batch.Id, NewId()], ct);

    internal static string ToText(UsageRecord record) => JsonSerializer.Serialize(record, QueueJson.Default.UsageRecord);

    private static UsageRecord Parse(RedisResult json) =>
        JsonSerializer.Deserialize(RedisEntries.Text(json), QueueJson.Default.UsageRecord) ?? throw new InvalidDataException("a usage record in Redis is empty");

    private static string NewId() => Guid.NewGuid().ToString("N");
}

/// <summary>The oldest records of the outbox.</summary>
/// <param name="Id">Names the outbox; random, made when its Redis was empty.</param>
/// <param name="Position">How many records were removed before them.</param>
/// <param name="Records">The records.</param>
public sealed record UsageOutboxBatch(string Id, long Position, IReadOnlyList<UsageRecord> Records);
