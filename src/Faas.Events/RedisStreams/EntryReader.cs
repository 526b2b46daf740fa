using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using Faas.Events.Redis;
using Faas.Events.Triggers;

namespace Faas.Events.RedisStreams;

/// <summary>
/// Reads a stream while there is room for deliveries: first what an earlier run has taken and not acknowledged, then what is new, and from time to time what others have left behind,
/// or an earlier run that had not ended yet when this one looked.
/// </summary>
internal sealed class EntryReader
{
    private static readonly TimeSpan ReclaimPeriodMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReclaimPeriodMax = TimeSpan.FromMinutes(1);

    private readonly TriggerContext _context;
    private readonly RedisStreamSpec _spec;
    private readonly StreamGroup _group;
    private readonly DeliveryWindow _window;
    private readonly EntryDeliveries _deliveries;

    public EntryReader(TriggerContext context, StreamGroup group, DeliveryWindow window, EntryDeliveries deliveries) =>
        (_context, _spec, _group, _window, _deliveries) = (context, context.Spec.RedisStream!, group, window, deliveries);   // of this kind

    private DateTimeOffset Now => _context.Time.GetUtcNow();

    /// <summary>Reads until the source ends.</summary>
    public async Task RunAsync()
    {
        await ReadPendingAsync();
        var half = _spec.ReclaimAfter / 2;
        var period = half < ReclaimPeriodMin ? ReclaimPeriodMin : half > ReclaimPeriodMax ? ReclaimPeriodMax : half;
        var reclaimAt = Now;
        while (!_window.Ending.IsCancellationRequested)
        {
            if (Now >= reclaimAt)
            {
                await ReclaimAsync();
                reclaimAt = Now + period;
            }

            await ReadNewAsync();
        }
    }

    private async Task ReadPendingAsync()
    {
        for (var after = StreamGroup.FirstPending; ;)
        {
            var entries = await _group.ReadPendingAsync(after, await RoomAsync(), _window.Ending);
            if (entries.Count == 0)
            {
                return;
            }

            after = entries[^1].Id;
            await StartAsync(entries);
        }
    }

    private async Task ReclaimAsync()
    {
        var from = StreamGroup.FirstPending;
        do
        {
            (var entries, from) = await _group.ClaimAsync(from, await RoomAsync(), _window.Ending);
            await StartAsync(entries);
        }
        while (from != StreamGroup.FirstPending);
    }

    /// <summary>Reads what there is; of a batch that is not full, what comes within its time. What was taken when the source ends is pending, and read first by the next run.</summary>
    private async Task ReadNewAsync()
    {
        var room = await RoomAsync();
        var entries = await _group.ReadNewAsync(room, RedisBroker.BlockTime, _window.Ending);
        if (entries.Count == 0)
        {
            return;
        }

        var until = Now + _spec.BatchWindow;
        while (_spec.BatchSize > 1 && entries.Count < _spec.BatchSize && until - Now is { Ticks: > 0 } left)
        {
            _window.Ending.ThrowIfCancellationRequested();
            var block = left < RedisBroker.BlockTime ? left : RedisBroker.BlockTime;
            entries = [.. entries, .. await _group.ReadNewAsync(_spec.BatchSize - entries.Count, block, _window.Ending)];
        }

        await StartAsync(entries);
    }

    /// <summary>Waits for room. Returns how many entries to read: as many as can be begun, or one batch.</summary>
    private async Task<int> RoomAsync()
    {
        var room = await _window.RoomAsync();
        return _spec.BatchSize > 1 ? _spec.BatchSize : room;
    }

    private Task StartAsync(IReadOnlyList<TakenEntry> entries) => _deliveries.StartAsync(_window, entries, _window.Ending);
}
