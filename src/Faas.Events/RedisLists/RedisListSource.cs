using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using Faas.Events.Triggers;
using Microsoft.Extensions.Logging;

namespace Faas.Events.RedisLists;

/// <summary>Takes items from a list. An item is forgotten when its invocation has ended.</summary>
internal sealed class RedisListSource(ILogger<RedisListSource> logger) : ITriggerSource
{
    public async Task RunAsync(TriggerContext context, CancellationToken ct)
    {
        var spec = context.Spec.RedisList!;   // of this kind
        await using var redis = await RedisBroker.OpenAsync(context, spec.Url, "list", ct);
        var items = new TakenItems(redis, spec, context.Key.Id, context.Time);
        await items.CountAsync(ct);   // a key of another type is known now
        context.Status.Connected();
        await using var lag = LagMeter.Start(context, items.CountAsync);
        var place = spec.DeadLetter is { } key ? new DeadLetterList(items, key, context.Key.Id, logger) : null;
        var deliveries = new MessageDeliveries(context, new MessageEvents(context, RedisListKind.EventType), place);
        await DeliveryWindow.RunAsync(spec.Concurrency, context.Time, window => ReadAsync(spec, items, deliveries, window), ct);
    }

    private static async Task ReadAsync(RedisListSpec spec, TakenItems items, MessageDeliveries deliveries, DeliveryWindow window)
    {
        await StartAsync(await items.AllAsync(window.Ending));
        while (!window.Ending.IsCancellationRequested)
        {
            var taken = await items.TakeAsync(await window.RoomAsync(), window.Ending);
            await StartAsync(taken);
            if (taken.Count == 0)
            {
                await items.WaitAsync();
            }
        }

        async Task StartAsync(IReadOnlyList<TakenItem> taken)
        {
            foreach (var item in taken)
            {
                await window.StartAsync(async cut =>
                {
                    await deliveries.DeliverAsync(MessageOf(spec.List, item), cut);
                    await items.DoneAsync(item.Id, cut);
                });
            }
        }
    }

    private static BrokerMessage MessageOf(string list, TakenItem item) => new() { Body = item.Item, Subject = list, Identity = item.Id, ContentType = RedisBody.TypeOf(item.Item) };
}
