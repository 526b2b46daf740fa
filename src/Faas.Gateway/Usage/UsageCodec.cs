using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Faas.Gateway.Usage;

/// <summary>
/// A record in a journal segment: length u32 (of the whole record, a multiple of 8; 0 while it is being written), CRC-32C u32 of what follows, then
/// the fields, little-endian, texts as a length byte and UTF-8, and zeros up to the length.
/// </summary>
internal static class UsageCodec
{
    /// <summary>Longest record: the fixed part and four texts of 255 bytes.</summary>
    public const int RecordLengthMax = 1104;

    private const int PrefixLength = 8;
    private const int FixedLength = PrefixLength + (6 * 8) + 4 + 2 + 2;

    /// <summary>Writes a record without its length word, which publishes it later. Returns its length.</summary>
    public static int Encode(in UsageEntry entry, Span<byte> destination)
    {
        var at = PrefixLength;
        Put64(destination, ref at, entry.ReceivedUnixUs);
        Put64(destination, ref at, entry.QueuedUs);
        Put64(destination, ref at, entry.ColdUs);
        Put64(destination, ref at, entry.RunUs);
        Put64(destination, ref at, entry.BytesIn);
        Put64(destination, ref at, entry.BytesOut);
        BinaryPrimitives.WriteInt32LittleEndian(destination[at..], entry.MemoryMiB);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 4)..], (ushort)entry.Status);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 6)..], (ushort)entry.Outcome);
        at += 8;
        PutText(destination, ref at, entry.InvocationId);
        PutText(destination, ref at, entry.Function);
        PutText(destination, ref at, entry.Revision);
        PutText(destination, ref at, entry.Instance);
        var length = (at + 7) & ~7;
        destination[at..length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Crc(destination[PrefixLength..length]));
        return length;
    }

    /// <summary>Reads the record at the front of <paramref name="source"/>. False when there is no whole and sound one.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Faas.Link.Usage usage, out int length)
    {
        usage = null!;
        length = 0;
        if (source.Length < FixedLength)
        {
            return false;
        }

        var announced = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (announced < FixedLength || announced > RecordLengthMax || announced > source.Length || announced % 8 != 0
            || Crc(source[PrefixLength..(int)announced]) != BinaryPrimitives.ReadUInt32LittleEndian(source[4..]))
        {
            return false;
        }

        length = (int)announced;
        usage = Decode(source[PrefixLength..length]);
        return true;
    }

    private static Faas.Link.Usage Decode(ReadOnlySpan<byte> fields)
    {
        var texts = fields[(FixedLength - PrefixLength)..];
        return new Faas.Link.Usage
        {
            ReceivedUnixUs = BinaryPrimitives.ReadInt64LittleEndian(fields),
            QueuedUs = BinaryPrimitives.ReadInt64LittleEndian(fields[8..]),
            ColdUs = BinaryPrimitives.ReadInt64LittleEndian(fields[16..]),
            RunUs = BinaryPrimitives.ReadInt64LittleEndian(fields[24..]),
            BytesIn = BinaryPrimitives.ReadInt64LittleEndian(fields[32..]),
            BytesOut = BinaryPrimitives.ReadInt64LittleEndian(fields[40..]),
            MemoryMib = BinaryPrimitives.ReadInt32LittleEndian(fields[48..]),
            Status = BinaryPrimitives.ReadUInt16LittleEndian(fields[52..]),
            Outcome = BinaryPrimitives.ReadUInt16LittleEndian(fields[54..]),
            InvocationId = TakeText(ref texts),
            Function = TakeText(ref texts),
            Revision = TakeText(ref texts),
            Instance = TakeText(ref texts),
        };
    }

    private static void Put64(Span<byte> destination, ref int at, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination[at..], value);
        at += 8;
    }

    private static void PutText(Span<byte> destination, ref int at, string text)
    {
        // Names and ids are far shorter by their own rules; a longer one is cut rather than lost.
        Encoding.UTF8.TryGetBytes(text, destination.Slice(at + 1, byte.MaxValue), out var length);
        destination[at] = (byte)length;
        at += 1 + length;
    }

    private static string TakeText(ref ReadOnlySpan<byte> texts)
    {
        var text = Encoding.UTF8.GetString(texts.Slice(1, texts[0]));
        texts = texts[(1 + texts[0])..];
        return text;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return ~crc;   // Records are multiples of 8 long, so nothing is left over.
    }
}
