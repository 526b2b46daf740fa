namespace Faas.Storage;

/// <summary>Whole numbers in as few bytes as they need: seven bits a byte, lowest first. The caller sees to it that there is room.</summary>
internal static class Varint
{
    /// <summary>Longest form.</summary>
    public const int LengthMax = 10;

    public static void Write(Span<byte> into, ref int at, long value)
    {
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            into[at++] = (byte)(rest | 0x80);
        }

        into[at++] = (byte)rest;
    }

    public static long Read(ReadOnlySpan<byte> from, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }
    }

    /// <summary>For differences: small ones are short whatever their sign.</summary>
    public static void WriteSigned(Span<byte> into, ref int at, long value) => Write(into, ref at, (value << 1) ^ (value >> 63));

    public static long ReadSigned(ReadOnlySpan<byte> from, ref int at)
    {
        var value = Read(from, ref at);
        return (long)((ulong)value >> 1) ^ -(value & 1);
    }
}
