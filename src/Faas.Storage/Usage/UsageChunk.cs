using System.Buffers.Binary;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Storage.Sqlite;

namespace Faas.Storage;

/// <summary>
/// Usage records in their compact form, some 10 bytes each instead of 400: texts are in it once, times and counters as differences from the record
/// before. Records are added at the end and read back in order. Not for several threads at once.
/// </summary>
/// <remarks>
/// As bytes: CRC-32C (u32) of the rest, version (u8), then as <see cref="Varint"/>: records, origins (each as <see cref="Origin"/>), results (memory,
/// status, outcome, version of the prices; the last is not in version 1), and the lines, whose first byte is a set of <see cref="LineParts"/>. Version 2
/// has no CPU time and no peak.
/// </remarks>
public sealed class UsageChunk
{
    internal const byte Version = 3;
    internal const int HeaderLength = 5;
    private const int LineLengthMax = 1 + (13 * Varint.LengthMax) + 1 + byte.MaxValue;

    private readonly Dictionary<byte[], int> _origins = new(ByteTexts.Comparer);
    private readonly List<byte[]> _originsInOrder = [];
    private readonly List<(int MemoryMiB, int Status, int Outcome, int Price)> _results = [];
    private readonly UsageKeys _keys = new();
    private readonly ChunkSpend _spend = new();
    private readonly byte[] _gatewayId = new byte[CountedId.Length];
    private byte[] _lines;
    private int _length;
    private int _originBytes;
    private int _origin = -1;
    private int _result = -1;
    private long _received;
    private long _cost;
    private long _peak;
    private long _counter;

    /// <summary>An empty chunk with room for <paramref name="records"/> of the usual size; it grows.</summary>
    public UsageChunk(int records = 16) => _lines = new byte[LineLengthMax + (records * 16)];

    /// <summary>Records so far.</summary>
    public int Count { get; private set; }

    /// <summary>How long they are without their names, which further records share.</summary>
    internal int Bytes => _length;

    /// <summary>When the oldest was received: µs since 1970.</summary>
    internal long FirstUs { get; private set; } = long.MaxValue;

    /// <summary>When the newest was received.</summary>
    internal long LastUs { get; private set; } = long.MinValue;

    /// <summary>Adds a record.</summary>
    /// <exception cref="ArgumentException">Its id is longer than 255 bytes.</exception>
    public void Add(in UsageLine line)
    {
        if (line.InvocationId.Length > byte.MaxValue)
        {
            throw new ArgumentException($"An invocation id of {line.InvocationId.Length} bytes is longer than {byte.MaxValue}.", nameof(line));
        }

        var parts = LineParts.None;
        var (origin, result) = (OriginOf(line.Origin), ResultOf((line.MemoryMiB, line.Status, (int)line.Outcome, line.Price)));
        parts |= origin == _origin ? 0 : LineParts.Origin;
        parts |= result == _result ? 0 : LineParts.Result;
        parts |= line.QueuedUs == 0 ? 0 : LineParts.Queued;
        parts |= line.ColdUs == 0 ? 0 : LineParts.Cold;
        parts |= line.BytesIn == 0 ? 0 : LineParts.BytesIn;
        parts |= line.BilledMs == RoundedMs(line.RunUs) ? 0 : LineParts.Billed;
        parts |= line.CostPico == _cost ? 0 : LineParts.Cost;
        var isCounted = CountedId.TryParse(line.InvocationId, out var counter);
        var isNext = isCounted && line.InvocationId[..CountedId.PrefixLength].SequenceEqual(_gatewayId.AsSpan(0, CountedId.PrefixLength));
        parts |= isNext ? 0 : LineParts.WholeId;

        if (_lines.Length - _length < LineLengthMax)
        {
            Array.Resize(ref _lines, 2 * _lines.Length);
        }

        WriteNumbers(line, parts, origin, result);
        WriteId(line.InvocationId, isCounted, isNext, counter);
        _spend.Add(origin, line.ReceivedUs, line.CostPico);
        (_origin, _result, _received, _cost, _peak) = (origin, result, line.ReceivedUs, line.CostPico, line.PeakKiB);
        FirstUs = Math.Min(FirstUs, line.ReceivedUs);
        LastUs = Math.Max(LastUs, line.ReceivedUs);
        Count++;
    }

    /// <summary>Adds a record. Its GiB-seconds and its blame are not kept: they follow from what is.</summary>
    /// <exception cref="OverflowException">It costs more than <see cref="PicoMoney"/> can say.</exception>
    public void Add(UsageRecord record) => Add(new UsageLine
    {
        InvocationId = Encoding.UTF8.GetBytes(record.InvocationId),
        Origin = new Origin(record.Function, record.Revision, record.Instance).ToBytes(),
        ReceivedUs = UnixMicroseconds.From(record.ReceivedAt),
        QueuedUs = UnixMicroseconds.From(record.Queued),
        ColdUs = UnixMicroseconds.From(record.Cold),
        RunUs = UnixMicroseconds.From(record.Run),
        CpuUs = UnixMicroseconds.From(record.Cpu),
        PeakKiB = record.PeakKiB,
        BilledMs = record.BilledMs,
        MemoryMiB = record.MemoryMiB,
        BytesIn = record.BytesIn,
        BytesOut = record.BytesOut,
        Status = record.Status,
        Outcome = record.Outcome,
        Price = record.PriceVersion,
        CostPico = PicoMoney.FromAmount(record.Cost),
    });

    /// <summary>What the records cost that were added since the last call.</summary>
    internal List<UsageSpend> TakeSpend() => _spend.Take(_originsInOrder);

    /// <summary>Running time in whole ms, rounded up: what is billed as a rule, so that it need not be stored.</summary>
    internal static long RoundedMs(long runUs) => (runUs / 1000) + (runUs % 1000 > 0 ? 1 : 0);

    /// <summary>The records as they are stored.</summary>
    internal byte[] ToBytes()
    {
        var bytes = new byte[HeaderLength + (3 * Varint.LengthMax) + _originBytes + (_results.Count * 4 * Varint.LengthMax) + _length];
        bytes[HeaderLength - 1] = Version;
        var at = HeaderLength;
        Varint.Write(bytes, ref at, Count);
        Varint.Write(bytes, ref at, _originsInOrder.Count);
        foreach (var origin in _originsInOrder)
        {
            origin.CopyTo(bytes, at);
            at += origin.Length;
        }

        Varint.Write(bytes, ref at, _results.Count);
        foreach (var (memory, status, outcome, price) in _results)
        {
            Varint.Write(bytes, ref at, memory);
            Varint.Write(bytes, ref at, status);
            Varint.Write(bytes, ref at, outcome);
            Varint.Write(bytes, ref at, price);
        }

        _lines.AsSpan(0, _length).CopyTo(bytes.AsSpan(at));
        Array.Resize(ref bytes, at + _length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Of(bytes.AsSpan(4)));
        return bytes;
    }

    /// <summary>What says whether it may hold an invocation or a function: <see cref="UsageKeys"/>.</summary>
    internal byte[] KeysToBytes() => _keys.ToBytes();

    private void WriteNumbers(in UsageLine line, LineParts parts, int origin, int result)
    {
        var lines = _lines.AsSpan();
        var at = _length;
        lines[at++] = (byte)parts;
        Varint.WriteSigned(lines, ref at, line.ReceivedUs - _received);
        Varint.Write(lines, ref at, line.RunUs);
        Varint.Write(lines, ref at, line.BytesOut);
        Varint.WriteSigned(lines, ref at, line.CpuUs - line.RunUs);   // of what computes and is brief they are the same
        Varint.WriteSigned(lines, ref at, line.PeakKiB - _peak);
        WriteIf(parts, LineParts.Origin, lines, ref at, origin);
        WriteIf(parts, LineParts.Result, lines, ref at, result);
        WriteIf(parts, LineParts.Queued, lines, ref at, line.QueuedUs);
        WriteIf(parts, LineParts.Cold, lines, ref at, line.ColdUs);
        WriteIf(parts, LineParts.BytesIn, lines, ref at, line.BytesIn);
        WriteIf(parts, LineParts.Billed, lines, ref at, line.BilledMs);
        WriteIf(parts, LineParts.Cost, lines, ref at, line.CostPico);
        _length = at;
    }

    private static void WriteIf(LineParts parts, LineParts part, Span<byte> lines, ref int at, long value)
    {
        if ((parts & part) != 0)
        {
            Varint.Write(lines, ref at, value);
        }
    }

    /// <summary>An id of the same gateway as the one before is a difference; any other is written out, and if a gateway made it, the next may differ from it.</summary>
    private void WriteId(ReadOnlySpan<byte> id, bool isCounted, bool isNext, long counter)
    {
        if (isNext)
        {
            Varint.WriteSigned(_lines, ref _length, counter - _counter);
        }
        else
        {
            _lines[_length++] = (byte)id.Length;
            id.CopyTo(_lines.AsSpan(_length));
            _length += id.Length;
        }

        if (!isCounted)
        {
            _keys.Add(UsageKeys.OfInvocation(id));
            return;
        }

        if (!isNext || counter >> CountedId.BlockBits != _counter >> CountedId.BlockBits)
        {
            _keys.Add(UsageKeys.OfBlock(id, counter));
        }

        if (!isNext)
        {
            id.CopyTo(_gatewayId);
        }

        _counter = counter;
    }

    private int OriginOf(ReadOnlySpan<byte> origin)
    {
        if (_origin >= 0 && origin.SequenceEqual(_originsInOrder[_origin]))
        {
            return _origin;
        }

        var known = _origins.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!known.TryGetValue(origin, out var index))
        {
            index = _originsInOrder.Count;
            var bytes = origin.ToArray();
            _originsInOrder.Add(bytes);
            _originBytes += bytes.Length;
            _origins.Add(bytes, index);
            _keys.Add(UsageKeys.OfFunction(Origin.FunctionOf(bytes)));
        }

        return index;
    }

    private int ResultOf((int MemoryMiB, int Status, int Outcome, int Price) result)
    {
        if (_result >= 0 && _results[_result] == result)
        {
            return _result;
        }

        var index = _results.IndexOf(result);   // A chunk has a handful.
        if (index < 0)
        {
            index = _results.Count;
            _results.Add(result);
        }

        return index;
    }
}
