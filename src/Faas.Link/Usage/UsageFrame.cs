using System.Buffers.Binary;
using Faas.Contracts.Invocations;

namespace Faas.Link;

/// <summary>A usage record read where it lies, as <see cref="UsageCodec"/> wrote it. Texts are UTF-8.</summary>
public readonly ref struct UsageFrame
{
    private readonly ReadOnlySpan<byte> _fields;

    private UsageFrame(ReadOnlySpan<byte> record, int texts, int origin, int end, bool hasInstance)
    {
        _fields = record[UsageCodec.PrefixLength..];
        Length = record.Length;
        InvocationId = record[(texts + 1)..origin];
        Origin = record[origin..end];
        HasInstance = hasInstance;
    }

    /// <summary>Bytes of the record.</summary>
    public int Length { get; }

    /// <summary>The invocation's id.</summary>
    public ReadOnlySpan<byte> InvocationId { get; }

    /// <summary>Function, revision and instance, each with its length in a byte before it.</summary>
    public ReadOnlySpan<byte> Origin { get; }

    /// <summary>Whether an instance ran it.</summary>
    public bool HasInstance { get; }

    /// <summary>When its head had been read: µs since 1970.</summary>
    public long ReceivedUnixUs => Read64(0);

    /// <summary>µs in the waiting line.</summary>
    public long QueuedUs => Read64(8);

    /// <summary>µs of waiting for an activation.</summary>
    public long ColdUs => Read64(16);

    /// <summary>µs of running.</summary>
    public long RunUs => Read64(24);

    /// <summary>Bytes of request body.</summary>
    public long BytesIn => Read64(32);

    /// <summary>Bytes of response body.</summary>
    public long BytesOut => Read64(40);

    /// <summary>The instance's size.</summary>
    public int MemoryMiB => BinaryPrimitives.ReadInt32LittleEndian(_fields[48..]);

    /// <summary>Status code of the answer.</summary>
    public int Status => BinaryPrimitives.ReadUInt16LittleEndian(_fields[52..]);

    /// <summary>How it ended; what another version wrote may have no name here.</summary>
    public InvocationError Outcome => (InvocationError)_fields[54];

    /// <summary>µs of CPU time; 0 when it is not known.</summary>
    public uint CpuUs => IsMeasured ? BinaryPrimitives.ReadUInt32LittleEndian(_fields[56..]) : 0;

    /// <summary>Most resident memory in KiB; 0 when it is not known.</summary>
    public uint PeakKiB => IsMeasured ? BinaryPrimitives.ReadUInt32LittleEndian(_fields[60..]) : 0;

    private bool IsMeasured => _fields[55] == UsageCodec.Measured;

    /// <summary>The record at the front of <paramref name="source"/>. False when there is no whole and sound one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out UsageFrame frame)
    {
        frame = default;
        if (source.Length < UsageCodec.FixedLength)
        {
            return false;
        }

        var announced = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (announced < UsageCodec.FixedLength || announced > UsageCodec.RecordLengthMax || announced > source.Length || announced % 8 != 0)
        {
            return false;
        }

        var record = source[..(int)announced];
        return UsageCodec.Crc(record[UsageCodec.PrefixLength..]) == BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) && TryFindTexts(record, out frame);
    }

    private static bool TryFindTexts(ReadOnlySpan<byte> record, out UsageFrame frame)
    {
        frame = default;
        Span<int> starts = stackalloc int[4];
        var form = record[UsageCodec.FixedLength - 1];
        if (form > UsageCodec.Measured)
        {
            return false;
        }

        var at = UsageCodec.FixedLength + (form == UsageCodec.Measured ? UsageCodec.MeasuredLength : 0);
        for (var text = 0; text < 4; text++)
        {
            starts[text] = at;
            if (at >= record.Length)
            {
                return false;
            }

            at += 1 + record[at];
        }

        if (at > record.Length)
        {
            return false;
        }

        frame = new UsageFrame(record, starts[0], starts[1], at, hasInstance: at > starts[3] + 1);
        return true;
    }

    private long Read64(int at) => BinaryPrimitives.ReadInt64LittleEndian(_fields[at..]);
}
