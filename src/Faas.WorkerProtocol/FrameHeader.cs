using System.Buffers.Binary;

namespace Faas.WorkerProtocol;

/// <summary>
/// The 12 bytes before every payload: length u32 (of all that follows the length field), type u8, flags u8, reserved u16, stream u32;
/// little-endian.
/// </summary>
/// <param name="Type">What the payload is.</param>
/// <param name="Flags">See <see cref="FrameMarks"/>.</param>
/// <param name="Stream">The invocation's number on its connection; 0 on control connections.</param>
/// <param name="PayloadLength">Bytes of payload, at most <see cref="PayloadLengthMax"/>.</param>
public readonly record struct FrameHeader(FrameType Type, FrameMarks Flags, uint Stream, int PayloadLength)
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 12;

    /// <summary>Longest payload. Bodies are cut into frames far smaller; only heads and JSON come near it.</summary>
    public const int PayloadLengthMax = 1 << 20;

    /// <summary>Longest body on a shared connection, which is one frame: 64 KiB. What is longer has a connection of its own.</summary>
    public const int BodyPieceMax = 64 * 1024;

    /// <summary>
    /// Longest body piece in one frame on a data connection: 256 KiB. Whoever reads such frames takes them as they come, so that this bounds no buffer, only how long a Cancel waits
    /// for its turn; and a MiB costs four headers.
    /// </summary>
    public const int LongPieceMax = 256 * 1024;

    /// <summary>Writes this header to the first <see cref="Length"/> bytes of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)(Length - 4 + PayloadLength));
        destination[4] = (byte)Type;
        destination[5] = (byte)Flags;
        destination[6] = 0;
        destination[7] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Stream);
    }

    /// <summary>Reads a header. False while <paramref name="source"/> is too short.</summary>
    /// <exception cref="WorkerProtocolException">The length is impossible: the peer does not speak this protocol.</exception>
    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < Length)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (length < Length - 4 || length > Length - 4 + PayloadLengthMax)
        {
            throw new WorkerProtocolException($"a frame announced {length} bytes; at most {Length - 4 + PayloadLengthMax} are allowed");
        }

        header = new FrameHeader(
            (FrameType)source[4],
            (FrameMarks)source[5],
            BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
            (int)length - (Length - 4));
        return true;
    }
}

/// <summary>Bits of a frame's flags byte.</summary>
[Flags]
public enum FrameMarks : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>On Request and RequestBody: no further body follows.</summary>
    EndOfBody = 1,
}

/// <summary>The peer broke the protocol; the connection cannot be used any more.</summary>
public sealed class WorkerProtocolException : Exception
{
    /// <summary>Without a message.</summary>
    public WorkerProtocolException()
    {
    }

    /// <summary>With the rule that was broken.</summary>
    public WorkerProtocolException(string message)
        : base(message)
    {
    }

    /// <summary>With the rule that was broken and its cause.</summary>
    public WorkerProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
