using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using Faas.Storage;
using StackExchange.Redis;

namespace Faas.Events.RedisStreams;

/// <summary>
/// The consumer group of a trigger, and its consumer in it. Its consumer's name is always the same, so that after a crash it finds what it had taken. Two platforms that read one group
/// with triggers of the same name are one consumer: what the other one has under way is then given to both at a start.
/// </summary>
internal sealed class StreamGroup(RedisBroker redis, RedisStreamSpec spec, TriggerKey trigger)
{
    private const string Beginning = "0";
    private const string End = "$";

    private readonly string _own = $"faas.{trigger.Id.Replace('/', '.')}";
    private string? _lastRead;

    /// <summary>Before the first entry that was ever pending.</summary>
    public const string FirstPending = "0-0";

    private string Name => spec.Group ?? _own;

    private RedisKey Stream => spec.Stream;

    /// <summary>Creates the group, and an empty stream with it, if it is not there.</summary>
    public async Task CreateAsync(CancellationToken ct)
    {
        // Where the stream was deleted in the middle, what came to it since then is new, whatever its ids are. A group that begins at the end goes on where it was instead.
        var from = spec.From == StartAt.Beginning ? Beginning : _lastRead ?? End;
        try
        {
            await redis.RunAsync(spec.Stream, "XGROUP", ["CREATE", Stream, Name, from, "MKSTREAM"], ct);
        }
        catch (BrokerException exception) when (RedisErrors.HasGroup(exception))
        {
            // It is there.
        }
    }

    /// <summary>Takes new entries, at most <paramref name="count"/>; waits up to <paramref name="block"/>, more than 0 s, for the first one. A group that is gone is made anew.</summary>
    public async Task<IReadOnlyList<TakenEntry>> ReadNewAsync(int count, TimeSpan block, CancellationToken ct)
    {
        var milliseconds = (long)Math.Max(1, block.TotalMilliseconds);   // 0 would be for ever
        var read = await IfThereAsync(() => redis.ReadAsync(spec.Stream, "XREADGROUP", ["GROUP", Name, _own, "COUNT", count, "BLOCK", milliseconds, "STREAMS", Stream, ">"]), ct);
        var entries = read is null ? [] : EntriesOf(read);
        _lastRead = entries.Length > 0 ? entries[^1].Id : _lastRead;
        return entries;
    }

    /// <summary>What the consumer has taken before and not acknowledged, after <paramref name="after"/>, at most <paramref name="count"/>. What is not in the stream any more has no fields.</summary>
    public async Task<IReadOnlyList<TakenEntry>> ReadPendingAsync(string after, int count, CancellationToken ct)
    {
        var read = await IfThereAsync(() => redis.RunAsync(spec.Stream, "XREADGROUP", ["GROUP", Name, _own, "COUNT", count, "STREAMS", Stream, after], ct), ct);
        return read is null ? [] : EntriesOf(read);
    }

    /// <summary>Takes what any consumer has not acknowledged for <see cref="RedisStreamSpec.ReclaimAfter"/>, at most <paramref name="count"/>.</summary>
    /// <returns>The entries, and where to go on; <see cref="FirstPending"/> when that was all.</returns>
    public async Task<(IReadOnlyList<TakenEntry> Entries, string Next)> ClaimAsync(string from, int count, CancellationToken ct)
    {
        var idle = (long)spec.ReclaimAfter.TotalMilliseconds;
        var read = await IfThereAsync(() => redis.RunAsync(spec.Stream, "XAUTOCLAIM", [Stream, Name, _own, idle, from, "COUNT", count], ct), ct);
        return read is null ? ([], FirstPending) : (Entries(read[1]), (string)read[0]!);   // the first is the id to go on with
    }

    /// <summary>Acknowledges entries. Those that are not pending any more are left out by Redis.</summary>
    public Task AckAsync(IEnumerable<string> ids, CancellationToken ct) => redis.RunAsync(spec.Stream, "XACK", [Stream, Name, .. ids], ct);

    /// <summary>Entries that nobody has taken yet, and those that were taken and not acknowledged; null when Redis does not know, as after entries were deleted from the middle.</summary>
    public async Task<long?> LagAsync(CancellationToken ct)
    {
        var groups = await redis.RunAsync(spec.Stream, database => database.StreamGroupInfoAsync(Stream), ct);
        return groups.Where(group => group.Name == Name).Select(group => group.Lag + group.PendingMessageCount).FirstOrDefault();
    }

    /// <summary>When an entry was added, which its id says unless its producer has made that up.</summary>
    public static DateTimeOffset? TimeOf(string id)
    {
        var end = id.IndexOf('-', StringComparison.Ordinal);
        return end > 0 && long.TryParse(id.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds > 0 && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
    }

    /// <summary>Null when the stream or the group has gone, and is there again.</summary>
    private async Task<RedisResult?> IfThereAsync(Func<Task<RedisResult>> read, CancellationToken ct)
    {
        try
        {
            return await read();
        }
        catch (BrokerException exception) when (RedisErrors.LacksGroup(exception))
        {
            await CreateAsync(ct);
            return null;
        }
    }

    /// <summary>The entries of one stream that was read: <c>[[stream, entries]]</c>, or null.</summary>
    private static TakenEntry[] EntriesOf(RedisResult read) => read.IsNull ? [] : Entries(read[0][1]);

    /// <summary>Redis before 7 has nulls for what was deleted from a stream while it was pending.</summary>
    private static TakenEntry[] Entries(RedisResult entries) => [.. from RedisResult entry in (RedisResult[])entries! where !entry.IsNull select Entry(entry)];

    private static TakenEntry Entry(RedisResult entry) => new((string)entry[0]!, entry[1].IsNull ? null : Fields((RedisValue[])entry[1]!));

    private static NameValueEntry[] Fields(RedisValue[] texts) => [.. texts.Chunk(2).Select(field => new NameValueEntry(field[0], field[1]))];
}

/// <summary>An entry of a stream.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Fields">Its fields, in their order; null when it was deleted from the stream.</param>
internal sealed record TakenEntry(string Id, IReadOnlyList<NameValueEntry>? Fields);
