namespace Faas.Storage.Redis;

/// <summary>Where the queue's Redis is and how it is used.</summary>
public sealed class RedisQueueOptions
{
    /// <summary>
    /// Address and settings as StackExchange.Redis reads them, for instance <c>redis-1:6379,user=faas,password=secret,ssl=true</c>; <c>!/run/redis.sock</c> is a
    /// socket. Timeouts and what happens without a connection are settled here and not taken from it. Default <c>localhost:6379</c>.
    /// </summary>
    public string Servers { get; set; } = "localhost:6379";

    /// <summary>What all keys begin with. Its part in braces keeps them in one slot of a cluster, which scripts need. Default <c>{faas}:</c>.</summary>
    public string Prefix { get; set; } = "{faas}:";

    /// <summary>
    /// After how long without an answer an operation fails; it is noticed up to a second later. Default 5 s: longer than a disk takes to sync on a bad day,
    /// and shorter than callers are patient.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);
}
