using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Faas.Link;

/// <summary>
/// Writes a record as it is in a journal segment and on the link: length u32 (of the whole record, a multiple of 8; 0 while it is being written), CRC-32C u32 of what follows, then
/// the fields, little-endian, texts as a length byte and UTF-8, and zeros up to the length. <see cref="UsageFrame"/> reads it.
/// </summary>
/// <remarks>A record says itself which form it has: one of before has none of what was measured. So what a gateway wrote before an update is read after it.</remarks>
public static class UsageCodec
{
    /// <summary>Longest record: the fixed part and four texts of 255 bytes.</summary>
    public const int RecordLengthMax = 1112;

    /// <summary>Number of this form, which a batch on the link names: a controller refuses one that it doesn't know instead of misreading it.</summary>
    public const int Format = 2;

    /// <summary>Longest time in µs and most bytes that a controller believes: nine years. What is beyond would only overflow the sums later.</summary>
    public const long Most = (1L << 48) - 1;

    internal const int PrefixLength = 8;
    internal const int FixedLength = PrefixLength + (6 * 8) + 4 + 2 + 2;

    /// <summary>What was measured: CPU time u32, peak u32. Behind the fixed part where <see cref="Measured"/> says so.</summary>
    internal const int MeasuredLength = 4 + 4;

    /// <summary>In the outcome's upper byte: what was measured follows.</summary>
    internal const byte Measured = 1;

    /// <summary>
    /// Writes a record without its length word, which publishes it later. Returns its length. A number that cannot be becomes the nearest that can: a record that no controller believes would
    /// hold up all those behind it.
    /// </summary>
    public static int Encode(in UsageEntry entry, Span<byte> destination)
    {
        var at = PrefixLength;
        Put64(destination, ref at, entry.ReceivedUnixUs);
        Put64(destination, ref at, Believable(entry.QueuedUs));
        Put64(destination, ref at, Believable(entry.ColdUs));
        Put64(destination, ref at, Believable(entry.RunUs));
        Put64(destination, ref at, Believable(entry.BytesIn));
        Put64(destination, ref at, Believable(entry.BytesOut));
        BinaryPrimitives.WriteInt32LittleEndian(destination[at..], entry.MemoryMiB);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 4)..], (ushort)entry.Status);
        destination[at + 6] = (byte)entry.Outcome;
        destination[at + 7] = Measured;
        at += 8;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], entry.CpuUs);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[(at + 4)..], entry.PeakKiB);
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

    /// <summary>CRC-32C of what follows a record's prefix.</summary>
    internal static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        return ~crc;   // Records are multiples of 8 long, so nothing is left over.
    }

    private static long Believable(long value) => Math.Clamp(value, 0, Most);

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
}
