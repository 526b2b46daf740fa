using StackExchange.Redis;

namespace Faas.Events.RedisLists;

/// <summary>
/// The keys beside a list that keep what a trigger has taken from it until it is done with: <c>faas:{jobs}:hello/worker:taken</c>, a hash of items by their ids, and
/// <c>faas:{jobs}:hello/worker:transit</c>, a list of what is on its way there. The part in braces is the list's name, or what that has in braces itself, so that a cluster keeps them with the list.
/// Triggers on one list share its items, and each has keys of its own.
/// </summary>
/// <remarks>
/// The keys of a trigger that was deleted, or reads another list now, stay: they may hold items whose invocations had not ended. This puts such items back, where one end of
/// the list is as good as the other:
/// <code>
/// redis-cli EVAL "for _,item in ipairs(redis.call('HVALS',KEYS[1])) do redis.call('RPUSH',KEYS[2],item) end return redis.call('DEL',KEYS[1])" 2 'faas:{jobs}:hello/worker:taken' jobs
/// </code>
/// </remarks>
internal readonly struct ListKeys
{
    /// <param name="list">The list's key.</param>
    /// <param name="trigger">The trigger's id.</param>
    public ListKeys(string list, string trigger)
    {
        var tag = TagOf(list);
        var beginning = $"faas:{{{tag}}}:{(tag == list ? "" : list + ":")}{trigger}:";
        (List, Taken, Transit) = (list, beginning + "taken", beginning + "transit");
    }

    /// <summary>The list itself.</summary>
    public RedisKey List { get; }

    /// <summary>The hash of what was taken.</summary>
    public RedisKey Taken { get; }

    /// <summary>The list of what is on its way there.</summary>
    public RedisKey Transit { get; }

    /// <summary>What says where in a cluster a key is (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).</summary>
    private static string TagOf(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        var close = open < 0 ? -1 : key.IndexOf('}', open);
        return close > open + 1 ? key[(open + 1)..close] : key;
    }
}
