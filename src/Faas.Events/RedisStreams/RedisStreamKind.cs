using Faas.Contracts.Functions;
using Faas.Events.Redis;
using Faas.Events.Triggers;
using Faas.Storage;

namespace Faas.Events.RedisStreams;

/// <summary>Triggers on Redis streams.</summary>
internal sealed class RedisStreamKind : ITriggerKind
{
    /// <summary>The type of events that are no CloudEvents by themselves.</summary>
    public const string EventType = "faas.redis.stream.message";

    public string Name => TriggerNames.RedisStream;

    public string? ProblemOf(string id, TriggerSpec spec) =>
        spec.RedisStream is { } stream && RedisAddress.ProblemOf(stream.Url) is { } problem ? $"redisStream.url: {problem}" : null;

    public ITriggerSource CreateSource() => new RedisStreamSource();

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
