using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Events.Cron;

/// <summary>A number that looks drawn at random but is the same in every process: moments are worked out from it that a restart must find again.</summary>
internal static class StableHash
{
    /// <summary>Hash of a trigger's id and a number.</summary>
    public static ulong Of(string triggerId, long number)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{triggerId}\n{number}")), digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
