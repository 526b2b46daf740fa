using System.Runtime.InteropServices;

namespace Faas.Storage;

/// <summary>
/// What says which chunks may hold an invocation or a function, without opening them: 32-bit hashes. 1,024 ids of a gateway share one, so a chunk has a
/// handful; an id that a caller chose has its own. A chunk that is opened in vain costs some ten µs and happens once in millions.
/// </summary>
internal sealed class UsageKeys
{
    private const uint FunctionSeed = 0x46;
    private const uint BlockSeed = 0x42;
    private const uint IdSeed = 0x49;

    private readonly HashSet<uint> _keys = [];

    public static uint OfFunction(ReadOnlySpan<byte> name) => Crc32C.Of(name, FunctionSeed);

    public static uint OfInvocation(ReadOnlySpan<byte> id) => CountedId.TryParse(id, out var counter) ? OfBlock(id, counter) : Crc32C.Of(id, IdSeed);

    /// <summary>Key of the block of a gateway's id.</summary>
    public static uint OfBlock(ReadOnlySpan<byte> id, long counter) =>
        Crc32C.Of(id[..CountedId.PrefixLength], BlockSeed + (uint)(counter >> CountedId.BlockBits));

    /// <summary>Whether <paramref name="keys"/>, as they are stored, have <paramref name="key"/>.</summary>
    public static bool Contain(ReadOnlySpan<byte> keys, uint key) => MemoryMarshal.Cast<byte, uint>(keys).Contains(key);

    public void Add(uint key) => _keys.Add(key);

    public byte[] ToBytes() => MemoryMarshal.AsBytes<uint>(_keys.ToArray()).ToArray();
}
