using Faas.Contracts.Functions;
using Faas.Events.Redis;
using Faas.Events.Triggers;
using Faas.Storage;
using Microsoft.Extensions.Logging;

namespace Faas.Events.RedisLists;

/// <summary>Triggers on Redis lists.</summary>
internal sealed class RedisListKind(ILogger<RedisListSource> logger) : ITriggerKind
{
    /// <summary>The type of events that are no CloudEvents by themselves.</summary>
    public const string EventType = "faas.redis.list.message";

    public string Name => TriggerNames.RedisList;

    public string? ProblemOf(string id, TriggerSpec spec) =>
        spec.RedisList is { } list && RedisAddress.ProblemOf(list.Url) is { } problem ? $"redisList.url: {problem}" : null;

    public ITriggerSource CreateSource() => new RedisListSource(logger);

    public TriggerEvent? EventNow(TriggerKey key, TriggerSpec spec, DateTimeOffset now) => null;
}
