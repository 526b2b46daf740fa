using System.Buffers.Binary;
using System.Text;

namespace Faas.WorkerProtocol;

/// <summary>Reads a payload front to back. Every read past the end throws <see cref="WorkerProtocolException"/>.</summary>
public ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Reads one byte.</summary>
    public byte U8() => Take(1)[0];

    /// <summary>Reads an unsigned 16-bit number.</summary>
    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>Reads an unsigned 32-bit number.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Reads a signed 64-bit number.</summary>
    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Reads a str16 as text.</summary>
    public string Text() => Encoding.UTF8.GetString(TextBytes());

    /// <summary>Reads a str16 as the bytes it is on the wire.</summary>
    public ReadOnlySpan<byte> TextBytes() => Take(U16());

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count)
        {
            throw new WorkerProtocolException($"a payload ended {count - _rest.Length} bytes too early");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
