using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.Redis;
using StackExchange.Redis;

namespace Faas.Events.RedisLists;

/// <summary>
/// Takes items from a list such that a crash at any point loses none, and one that was given an id keeps it: an item is in the list, in transit, or among those taken, and each
/// step is one command or one script. A script writes an item's new place before it removes it from the old one, so that one that fails halfway has lost nothing either.
/// </summary>
internal sealed class TakenItems(RedisBroker redis, RedisListSpec spec, string trigger, TimeProvider time)
{
    // KEYS: transit, list, taken. ARGV: the index of the next item in the list, the command that removes it, ids. Returns ids and items.
    private const string TakeScript = """
        local taken = {}
        for i = 3, #ARGV do
            local from, index, pop = KEYS[1], -1, 'RPOP'
            local item = redis.call('LINDEX', from, index)
            if not item then
                from, index, pop = KEYS[2], tonumber(ARGV[1]), ARGV[2]
                item = redis.call('LINDEX', from, index)
            end
            if not item then break end
            redis.call('HSET', KEYS[3], ARGV[i], item)
            redis.call(pop, from)
            taken[#taken + 1] = ARGV[i]
            taken[#taken + 1] = item
        end
        return taken
        """;

    // KEYS: taken, the dead letters' list. ARGV: id.
    private const string BuryScript = """
        local item = redis.call('HGET', KEYS[1], ARGV[1])
        if not item then return 0 end
        redis.call('LPUSH', KEYS[2], item)
        return redis.call('HDEL', KEYS[1], ARGV[1])
        """;

    private readonly ListKeys _keys = new(spec.List, trigger);

    private bool IsLeft => spec.Take == ListEnd.Left;

    /// <summary>What an earlier run has taken and not done with, in the order in which it was taken.</summary>
    public async Task<IReadOnlyList<TakenItem>> AllAsync(CancellationToken ct)
    {
        var fields = await redis.RunAsync(_keys.Taken!, database => database.HashGetAllAsync(_keys.Taken), ct);
        return [.. fields.Select(field => new TakenItem(field.Name!, (byte[])field.Value!)).OrderBy(item => item.Id, StringComparer.Ordinal)];
    }

    /// <summary>Takes what there is, at most <paramref name="count"/> items.</summary>
    public async Task<IReadOnlyList<TakenItem>> TakeAsync(int count, CancellationToken ct)
    {
        var batch = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");   // in the order of time, so that what is left of several keeps its order
        RedisValue[] arguments = [IsLeft ? 0 : -1, IsLeft ? "LPOP" : "RPOP", .. Enumerable.Range(0, count).Select(index => (RedisValue)string.Create(CultureInfo.InvariantCulture, $"{batch}-{index:D4}"))];
        var taken = (RedisValue[])(await redis.EvaluateAsync(spec.List, TakeScript, [_keys.Transit, _keys.List, _keys.Taken], arguments, ct))!;   // an array, as the script says
        return [.. taken.Chunk(2).Select(pair => new TakenItem(pair[0]!, (byte[])pair[1]!))];
    }

    /// <summary>Waits up to <see cref="RedisBroker.BlockTime"/> until there is an item, which is in transit then. Returns when nothing is under way any more.</summary>
    public Task WaitAsync() =>
        redis.ReadAsync(spec.List, "BLMOVE", [_keys.List, _keys.Transit, IsLeft ? "LEFT" : "RIGHT", "LEFT", RedisBroker.BlockTime.TotalSeconds]);

    /// <summary>Forgets an item that is done with.</summary>
    public Task DoneAsync(string id, CancellationToken ct) => redis.RunAsync(_keys.Taken!, database => database.HashDeleteAsync(_keys.Taken, id), ct);

    /// <summary>Moves an item to the dead letters at <paramref name="key"/>; one that is there already is not moved again.</summary>
    public Task BuryAsync(string id, string key, CancellationToken ct) => redis.EvaluateAsync(key, BuryScript, [_keys.Taken, key], [id], ct);

    /// <summary>Items that nobody has taken, and those that were taken and are not done with.</summary>
    public async Task<long?> CountAsync(CancellationToken ct)
    {
        var waiting = redis.RunAsync(spec.List, database => database.ListLengthAsync(_keys.List), ct);
        var transit = redis.RunAsync(_keys.Transit!, database => database.ListLengthAsync(_keys.Transit), ct);
        var taken = redis.RunAsync(_keys.Taken!, database => database.HashLengthAsync(_keys.Taken), ct);
        return await waiting + await transit + await taken;
    }
}

/// <summary>An item that was taken from a list.</summary>
/// <param name="Id">The id that it was given.</param>
/// <param name="Item">The item.</param>
internal sealed record TakenItem(string Id, byte[] Item);
