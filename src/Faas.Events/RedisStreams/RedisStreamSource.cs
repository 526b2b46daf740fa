using Faas.Events.Brokers;
using Faas.Events.Redis;
using Faas.Events.Triggers;

namespace Faas.Events.RedisStreams;

/// <summary>Reads a stream by a consumer group. An entry is acknowledged when its invocation has ended.</summary>
internal sealed class RedisStreamSource : ITriggerSource
{
    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var spec = context.Spec.RedisStream!;   // of this kind
        await using var redis = await RedisBroker.OpenAsync(context, spec.Url, "stream", ct);
        var group = new StreamGroup(redis, spec, context.Key);
        await group.CreateAsync(ct);
        context.Status.Connected();
        await using var lag = LagMeter.Start(context, group.LagAsync);
        var deliveries = new EntryDeliveries(context, redis, group);
        await DeliveryWindow.RunAsync(spec.Concurrency, context.Time, window => new EntryReader(context, group, window, deliveries).RunAsync(), ct);
    }
}
