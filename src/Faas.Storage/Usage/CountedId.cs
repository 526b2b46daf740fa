namespace Faas.Storage;

/// <summary>
/// The ids that gateways make: 20 digits of Crockford's base32, the last 8 of them a counter. Knowing this is worth 19 of 20 bytes of an id, and one
/// key for 1,024 of them; any other id is stored as it is, so a gateway that made them otherwise would cost space and nothing else.
/// </summary>
internal static class CountedId
{
    /// <summary>Characters of such an id.</summary>
    public const int Length = 20;

    /// <summary>Characters before the counter.</summary>
    public const int PrefixLength = 12;

    /// <summary>A thread of the gateway takes this many numbers at a time (as a power of two).</summary>
    public const int BlockBits = 10;

    private const byte NoDigit = 128;

    private static readonly byte[] Digits = "0123456789abcdefghjkmnpqrstvwxyz"u8.ToArray();
    private static readonly byte[] Values = CreateValues();

    /// <summary>The counter of <paramref name="id"/>; false when it is no such id. Writing prefix and counter gives the same id again.</summary>
    public static bool TryParse(ReadOnlySpan<byte> id, out long counter)
    {
        counter = 0;
        if (id.Length != Length)
        {
            return false;
        }

        uint all = 0;
        for (var i = 0; i < PrefixLength; i++)
        {
            all |= Values[id[i]];
        }

        for (var i = PrefixLength; i < Length; i++)
        {
            var value = Values[id[i]];
            all |= value;
            counter = (counter << 5) | value;
        }

        return all < NoDigit;
    }

    /// <summary>Writes the digits after the prefix.</summary>
    public static void WriteCounter(long counter, Span<byte> id)
    {
        for (var i = Length - 1; i >= PrefixLength; i--)
        {
            id[i] = Digits[(int)(counter & 31)];
            counter >>= 5;
        }
    }

    private static byte[] CreateValues()
    {
        var values = new byte[256];
        values.AsSpan().Fill(NoDigit);
        for (var i = 0; i < Digits.Length; i++)
        {
            values[Digits[i]] = (byte)i;
        }

        return values;
    }
}
