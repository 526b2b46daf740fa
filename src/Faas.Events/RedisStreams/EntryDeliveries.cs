using System.Collections.Concurrent;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using Faas.Events.Triggers;

namespace Faas.Events.RedisStreams;

/// <summary>Takes entries through their deliveries, alone or in batches, and acknowledges them.</summary>
internal sealed class EntryDeliveries
{
    private readonly RedisStreamSpec _spec;
    private readonly StreamGroup _group;
    private readonly MessageDeliveries _singles;
    private readonly BatchDeliveries _batches;
    private readonly ConcurrentDictionary<string, TakenEntry> _underWay = new(StringComparer.Ordinal);

    public EntryDeliveries(TriggerContext context, RedisBroker redis, StreamGroup group)
    {
        (_spec, _group) = (context.Spec.RedisStream!, group);   // of this kind
        var events = new MessageEvents(context, RedisStreamKind.EventType);
        var place = _spec.DeadLetter is { } key ? new DeadLetterStream(redis, _spec, key, _underWay) : null;
        _singles = new MessageDeliveries(context, events, place);
        _batches = new BatchDeliveries(context, events, _singles, place);
    }

    /// <summary>Begins the deliveries of what was read, except of what is under way already, once there is room for them.</summary>
    public async Task StartAsync(DeliveryWindow window, IReadOnlyList<TakenEntry> entries, CancellationToken ct)
    {
        if (entries.Where(entry => entry.Fields is null).Select(entry => entry.Id).ToList() is { Count: > 0 } deleted)
        {
            await _group.AckAsync(deleted, ct);   // nobody can deliver them any more
        }

        var fresh = entries.Where(entry => entry.Fields is not null && _underWay.TryAdd(entry.Id, entry)).ToList();
        if (_spec.BatchSize > 1)
        {
            if (fresh.Count > 0)
            {
                await window.StartAsync(cut => _batches.DeliverAsync([.. fresh.Select(MessageOf)], DoneAsync, cut));
            }

            return;
        }

        foreach (var entry in fresh)
        {
            var message = MessageOf(entry);
            await window.StartAsync(async cut =>
            {
                await _singles.DeliverAsync(message, cut);
                await DoneAsync([message], cut);
            });
        }
    }

    private BrokerMessage MessageOf(TakenEntry entry) => EntryMessages.Of(_spec.Stream, entry.Id, entry.Fields!);   // what has none was left out

    private async Task DoneAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken ct)
    {
        var ids = messages.Select(message => message.Identity!).ToList();   // an entry always has an id
        await _group.AckAsync(ids, ct);
        foreach (var id in ids)
        {
            _underWay.TryRemove(id, out _);
        }
    }
}
