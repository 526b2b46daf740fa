using System.Globalization;
using System.Text;

namespace Faas.Gateway.Invocation;

/// <summary>The Server-Timing header: what the caller waited for, in ms with one decimal.</summary>
internal static class ServerTiming
{
    /// <summary>Bytes that a value has at most.</summary>
    public const int LengthMax = 96;

    /// <summary>For example <c>queue;dur=1.2, cold;dur=0, run;dur=3.4</c>.</summary>
    public static string Format(long queuedUs, long coldUs, long runUs)
    {
        Span<byte> text = stackalloc byte[LengthMax];
        return Encoding.ASCII.GetString(text[..Write(text, queuedUs, coldUs, runUs)]);
    }

    /// <summary>The same as ASCII, into at least <see cref="LengthMax"/> bytes. Returns the bytes written.</summary>
    public static int Write(Span<byte> text, long queuedUs, long coldUs, long runUs)
    {
        var length = 0;
        Append(text, ref length, "queue;dur="u8, queuedUs);
        Append(text, ref length, ", cold;dur="u8, coldUs);
        Append(text, ref length, ", run;dur="u8, runUs);
        return length;
    }

    private static void Append(Span<byte> text, ref int length, ReadOnlySpan<byte> label, long micros)
    {
        label.CopyTo(text[length..]);
        length += label.Length;
        var tenths = (micros + 50) / 100;
        (tenths / 10).TryFormat(text[length..], out var written, default, CultureInfo.InvariantCulture);
        length += written;
        if (tenths % 10 != 0)
        {
            text[length++] = (byte)'.';
            text[length++] = (byte)('0' + (tenths % 10));
        }
    }
}
