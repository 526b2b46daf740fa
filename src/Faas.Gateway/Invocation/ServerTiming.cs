using System.Globalization;

namespace Faas.Gateway.Invocation;

/// <summary>The Server-Timing header: what the caller waited for, in ms with one decimal.</summary>
internal static class ServerTiming
{
    /// <summary>For example <c>queue;dur=1.2, cold;dur=0, run;dur=3.4</c>.</summary>
    public static string Format(long queuedUs, long coldUs, long runUs)
    {
        Span<char> text = stackalloc char[96];
        var length = 0;
        Append(text, ref length, "queue;dur=", queuedUs);
        Append(text, ref length, ", cold;dur=", coldUs);
        Append(text, ref length, ", run;dur=", runUs);
        return new string(text[..length]);
    }

    private static void Append(Span<char> text, ref int length, string label, long micros)
    {
        label.CopyTo(text[length..]);
        length += label.Length;
        var tenths = (micros + 50) / 100;
        (tenths / 10).TryFormat(text[length..], out var written, default, CultureInfo.InvariantCulture);
        length += written;
        if (tenths % 10 != 0)
        {
            text[length++] = '.';
            text[length++] = (char)('0' + (tenths % 10));
        }
    }
}
