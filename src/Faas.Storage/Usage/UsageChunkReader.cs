using System.Buffers.Binary;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>Reads the records of a <see cref="UsageChunk"/> as it was stored, in order.</summary>
internal ref struct UsageChunkReader
{
    /// <summary>The version of chunks from before prices had numbers.</summary>
    private const byte WithoutPrices = 1;

    /// <summary>The version of chunks from before anything was measured.</summary>
    private const byte Unmeasured = 2;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly (int Start, int Length)[] _origins;
    private readonly (int MemoryMiB, int Status, InvocationError Outcome, int Price)[] _results;
    private readonly byte[] _gatewayId = new byte[CountedId.Length];
    private readonly bool _isMeasured;
    private int _at;
    private int _left;
    private long _received;
    private long _cost;
    private long _peak;
    private long _counter;

    /// <exception cref="InvalidDataException">The bytes are damaged or of a later version.</exception>
    public UsageChunkReader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < UsageChunk.HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Of(bytes[4..]))
        {
            throw new InvalidDataException("a chunk of usage records is damaged");
        }

        var version = bytes[UsageChunk.HeaderLength - 1];
        if (version is not (WithoutPrices or Unmeasured or UsageChunk.Version))
        {
            throw new InvalidDataException($"a chunk of usage records has version {version}; this version of faas knows {UsageChunk.Version}");
        }

        _bytes = bytes;
        _isMeasured = version > Unmeasured;
        _at = UsageChunk.HeaderLength;
        _left = (int)Varint.Read(bytes, ref _at);
        _origins = new (int, int)[Varint.Read(bytes, ref _at)];
        for (var i = 0; i < _origins.Length; i++)
        {
            var length = Storage.Origin.LengthOf(bytes[_at..]);
            _origins[i] = (_at, length);
            _at += length;
        }

        _results = new (int, int, InvocationError, int)[Varint.Read(bytes, ref _at)];
        for (var i = 0; i < _results.Length; i++)
        {
            _results[i] = (
                (int)Varint.Read(bytes, ref _at), (int)Varint.Read(bytes, ref _at), (InvocationError)Varint.Read(bytes, ref _at), version == WithoutPrices ? 0 : (int)Varint.Read(bytes, ref _at));
        }
    }

    /// <summary>How many origins there are.</summary>
    public readonly int Origins => _origins.Length;

    /// <summary>Which of the origins the last line has.</summary>
    public int Origin { get; private set; }

    private int Result { get; set; }

    /// <summary>The bytes of an origin.</summary>
    public readonly ReadOnlySpan<byte> OriginAt(int index) => _bytes.Slice(_origins[index].Start, _origins[index].Length);

    /// <summary>The next record; false after the last one. Its id is valid until the next call.</summary>
    public bool Read(out UsageLine line)
    {
        if (_left == 0)
        {
            line = default;
            return false;
        }

        _left--;
        var parts = (LineParts)_bytes[_at++];
        _received += Varint.ReadSigned(_bytes, ref _at);
        var run = Varint.Read(_bytes, ref _at);
        var bytesOut = Varint.Read(_bytes, ref _at);
        var cpu = _isMeasured ? run + Varint.ReadSigned(_bytes, ref _at) : 0;
        _peak += _isMeasured ? Varint.ReadSigned(_bytes, ref _at) : 0;
        Origin = (int)ReadIf(parts, LineParts.Origin, Origin);
        Result = (int)ReadIf(parts, LineParts.Result, Result);
        var queued = ReadIf(parts, LineParts.Queued, 0);
        var cold = ReadIf(parts, LineParts.Cold, 0);
        var bytesIn = ReadIf(parts, LineParts.BytesIn, 0);
        var billed = ReadIf(parts, LineParts.Billed, UsageChunk.RoundedMs(run));
        _cost = ReadIf(parts, LineParts.Cost, _cost);
        var result = _results[Result];
        line = new UsageLine
        {
            InvocationId = ReadId((parts & LineParts.WholeId) != 0),
            Origin = OriginAt(Origin),
            ReceivedUs = _received,
            QueuedUs = queued,
            ColdUs = cold,
            RunUs = run,
            CpuUs = cpu,
            PeakKiB = _peak,
            BilledMs = billed,
            MemoryMiB = result.MemoryMiB,
            BytesIn = bytesIn,
            BytesOut = bytesOut,
            Status = result.Status,
            Outcome = result.Outcome,
            Price = result.Price,
            CostPico = _cost,
        };
        return true;
    }

    private long ReadIf(LineParts parts, LineParts part, long otherwise) => (parts & part) != 0 ? Varint.Read(_bytes, ref _at) : otherwise;

    private ReadOnlySpan<byte> ReadId(bool isWhole)
    {
        if (!isWhole)
        {
            _counter += Varint.ReadSigned(_bytes, ref _at);
            CountedId.WriteCounter(_counter, _gatewayId);
            return _gatewayId;
        }

        var id = _bytes.Slice(_at + 1, _bytes[_at]);
        _at += 1 + id.Length;
        if (CountedId.TryParse(id, out var counter))
        {
            id.CopyTo(_gatewayId);
            _counter = counter;
        }

        return id;
    }
}
