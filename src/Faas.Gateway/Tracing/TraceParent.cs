namespace Faas.Gateway.Tracing;

/// <summary>A <c>traceparent</c> header (https://www.w3.org/TR/trace-context/), looked at where it lies.</summary>
internal static class TraceParent
{
    /// <summary>The header's name.</summary>
    public const string Name = "traceparent";

    /// <summary>Characters of one of version 00: <c>00-</c>, 32 digits, <c>-</c>, 16 digits, <c>-</c>, two digits.</summary>
    public const int Length = 55;

    /// <summary>Whether its caller traces; null when it is none that this version of the standard, or a later one, allows.</summary>
    public static bool? IsSampled(ReadOnlySpan<byte> value)
    {
        if (value.Length < Length || value[2] != '-' || value[35] != '-' || value[52] != '-' || value.StartsWith("ff"u8) || (value.StartsWith("00"u8) ? value.Length > Length : value.Length > Length && value[Length] != '-'))
        {
            return null;
        }

        var isWell = AreDigits(value[..2]) && AreDigits(value[3..35]) && AreDigits(value[36..52]) && AreDigits(value[53..Length]) && value[3..35].ContainsAnyExcept((byte)'0') && value[36..52].ContainsAnyExcept((byte)'0');
        return isWell ? (ValueOf(value[54]) & 1) != 0 : null;
    }

    private static bool AreDigits(ReadOnlySpan<byte> text)
    {
        foreach (var digit in text)
        {
            if (digit is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f')))
            {
                return false;
            }
        }

        return true;
    }

    private static int ValueOf(byte digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
