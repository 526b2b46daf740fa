using System.Buffers;

namespace Faas.Functions;

/// <summary>What may stand in a header, and the content types of streams.</summary>
internal static class HeaderText
{
    /// <summary>RFC 9110's token characters.</summary>
    public static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static string StreamType(Type item) =>
        item == typeof(string) ? "text/plain; charset=utf-8"
        : item == typeof(byte[]) || item == typeof(ReadOnlyMemory<byte>) ? "application/octet-stream"
        : "application/x-ndjson";
}
