using System.Buffers;

namespace Faas.Gateway.FastPath;

/// <summary>Which headers the fast path takes, of requests and of answers: a token as RFC 9110 (5.6.2) has it, and visible ASCII and spaces.</summary>
internal static class PlainHeader
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"u8);

    /// <summary>Whether it is one of them. The name is not empty.</summary>
    public static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => !name.ContainsAnyExcept(TokenBytes) && !value.ContainsAnyExceptInRange((byte)' ', (byte)'~');
}
