using System.Collections.Concurrent;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using StackExchange.Redis;

namespace Faas.Events.RedisStreams;

/// <summary>A stream of entries whose invocations failed for good. They keep their fields, and have four more that say why and where from.</summary>
/// <param name="redis">The server.</param>
/// <param name="spec">The trigger's spec.</param>
/// <param name="key">The stream's key.</param>
/// <param name="underWay">The entries whose deliveries are under way, by id.</param>
internal sealed class DeadLetterStream(RedisBroker redis, RedisStreamSpec spec, string key, ConcurrentDictionary<string, TakenEntry> underWay) : IDeadLetterPlace
{
    private const string Prefix = "faas-";

    public Task PutAsync(BrokerMessage message, string? invocation, string reason, CancellationToken ct)
    {
        var id = message.Identity ?? "";
        List<object> arguments = [(RedisKey)key, "*"];
        foreach (var field in underWay.TryGetValue(id, out var entry) ? entry.Fields ?? [] : [])
        {
            if (!((string)field.Name!).StartsWith(Prefix, StringComparison.Ordinal))   // what was a dead letter before has new reasons
            {
                arguments.AddRange([field.Name, field.Value]);
            }
        }

        arguments.AddRange([Prefix + "error", reason, Prefix + "invocation", invocation ?? "", Prefix + "stream", spec.Stream, Prefix + "id", id]);
        return redis.RunAsync(key, "XADD", [.. arguments], ct);
    }
}
