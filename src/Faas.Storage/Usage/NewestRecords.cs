using System.Text;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>The newest records of what is shown to it, at most <paramref name="limit"/>. Of two received in the same µs the one shown first is newer.</summary>
internal sealed class NewestRecords(int limit)
{
    private readonly PriorityQueue<UsageRecord, (long ReceivedUs, long Order)> _records = new();
    private long _order;

    /// <summary>Whether nothing received before this would be kept any more: µs since 1970.</summary>
    public bool IsDoneBefore(long us) => _records.Count == limit && _records.TryPeek(out _, out var oldest) && us < oldest.ReceivedUs;

    public void Show(in UsageLine line, in Origin origin)
    {
        var priority = (line.ReceivedUs, --_order);
        if (_records.Count < limit)
        {
            _records.Enqueue(RecordOf(line, origin), priority);
        }
        else if (_records.TryPeek(out _, out var oldest) && priority.CompareTo(oldest) > 0)
        {
            _records.EnqueueDequeue(RecordOf(line, origin), priority);
        }
    }

    /// <summary>What was kept, newest first.</summary>
    public List<UsageRecord> ToList()
    {
        var records = new List<UsageRecord>(_records.Count);
        while (_records.TryDequeue(out var record, out _))
        {
            records.Add(record);
        }

        records.Reverse();
        return records;
    }

    private static UsageRecord RecordOf(in UsageLine line, in Origin origin) => new()
    {
        InvocationId = Encoding.UTF8.GetString(line.InvocationId),
        Function = origin.Function,
        Revision = origin.Revision,
        Instance = origin.Instance,
        ReceivedAt = UnixMicroseconds.ToTime(line.ReceivedUs),
        Queued = UnixMicroseconds.ToDuration(line.QueuedUs),
        Cold = UnixMicroseconds.ToDuration(line.ColdUs),
        Run = UnixMicroseconds.ToDuration(line.RunUs),
        Cpu = UnixMicroseconds.ToDuration(line.CpuUs),
        PeakKiB = line.PeakKiB,
        BilledMs = line.BilledMs,
        MemoryMiB = line.MemoryMiB,
        GiBSeconds = line.BilledMs / 1000.0 * line.MemoryMiB / 1024,
        BytesIn = line.BytesIn,
        BytesOut = line.BytesOut,
        Status = line.Status,
        Outcome = line.Outcome,
        Blame = InvocationErrors.Of(line.Outcome).Blame,
        PriceVersion = line.Price,
        Cost = PicoMoney.ToAmount(line.CostPico),
    };
}
