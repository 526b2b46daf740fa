using System.Text;

namespace Faas.Storage;

/// <summary>Function, revision and instance of a usage record. As bytes: each with its length before it, as in a gateway's journal.</summary>
internal readonly record struct Origin(string Function, string Revision, string Instance)
{
    private const int TextLengthMax = byte.MaxValue;

    public static Origin Parse(ReadOnlySpan<byte> bytes)
    {
        var function = Take(ref bytes);
        var revision = Take(ref bytes);
        return new Origin(function, revision, Take(ref bytes));
    }

    /// <summary>The function's name, which comes first.</summary>
    public static ReadOnlySpan<byte> FunctionOf(ReadOnlySpan<byte> bytes) => bytes.Slice(1, bytes[0]);

    /// <summary>Bytes of the origin that <paramref name="bytes"/> begin with.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        for (var text = 0; text < 3; text++)
        {
            length += 1 + bytes[length];
        }

        return length;
    }

    public byte[] ToBytes()
    {
        Span<byte> bytes = stackalloc byte[3 * (1 + TextLengthMax)];
        var length = 0;
        Put(bytes, ref length, Function);
        Put(bytes, ref length, Revision);
        Put(bytes, ref length, Instance);
        return bytes[..length].ToArray();
    }

    private static string Take(ref ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes.Slice(1, bytes[0]));
        bytes = bytes[(1 + bytes[0])..];
        return text;
    }

    private static void Put(Span<byte> bytes, ref int at, string text)
    {
        if (!Encoding.UTF8.TryGetBytes(text, bytes.Slice(at + 1, TextLengthMax), out var length))
        {
            throw new ArgumentException($"'{text[..40]}…' is longer than {TextLengthMax} bytes.");
        }

        bytes[at] = (byte)length;
        at += 1 + length;
    }
}
