using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Faas.WorkerProtocol;

/// <summary>
/// Builds frames in one pooled buffer, so that several leave in one send. Not thread-safe; reuse it with <see cref="Clear"/>.
/// </summary>
public sealed class PayloadWriter : IDisposable
{
    private byte[] _buffer;
    private int _length;
    private int _frameStart = -1;

    /// <summary>A writer with room for <paramref name="capacity"/> bytes; it grows as needed.</summary>
    public PayloadWriter(int capacity = 4096) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>All complete frames written since the last <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear()
    {
        _length = 0;
        _frameStart = -1;
    }

    /// <summary>Forgets what was written from <paramref name="position"/> on.</summary>
    public void CutAt(int position)
    {
        _length = position;
        _frameStart = -1;
    }

    /// <summary>Begins a frame; its length is filled in by <see cref="EndFrame"/>.</summary>
    public void BeginFrame()
    {
        _frameStart = _length;
        Reserve(FrameHeader.Length);
        _length += FrameHeader.Length;
    }

    /// <summary>Ends the frame begun last.</summary>
    public void EndFrame(FrameType type, uint stream, FrameMarks flags = FrameMarks.None)
    {
        var payload = _length - _frameStart - FrameHeader.Length;
        if (payload > FrameHeader.PayloadLengthMax)
        {
            throw new WorkerProtocolException($"a {type} frame of {payload} bytes is over the limit of {FrameHeader.PayloadLengthMax}");
        }

        new FrameHeader(type, flags, stream, payload).Write(_buffer.AsSpan(_frameStart));
        _frameStart = -1;
    }

    /// <summary>Writes the header of a frame whose payload is sent from where it lies.</summary>
    public void Header(FrameType type, uint stream, int payloadLength, FrameMarks flags = FrameMarks.None)
    {
        Reserve(FrameHeader.Length);
        new FrameHeader(type, flags, stream, payloadLength).Write(_buffer.AsSpan(_length));
        _length += FrameHeader.Length;
    }

    /// <summary>Writes one byte.</summary>
    public void U8(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    /// <summary>Writes an unsigned 16-bit number.</summary>
    public void U16(ushort value)
    {
        Reserve(2);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_length), value);
        _length += 2;
    }

    /// <summary>Writes an unsigned 32-bit number.</summary>
    public void U32(uint value)
    {
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += 4;
    }

    /// <summary>Writes a signed 64-bit number.</summary>
    public void I64(long value)
    {
        Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>Writes a str16: u16 length, then UTF-8.</summary>
    /// <exception cref="WorkerProtocolException">It is longer than 65,535 bytes.</exception>
    public void Text(ReadOnlySpan<char> value)
    {
        Reserve(2 + Encoding.UTF8.GetMaxByteCount(value.Length));
        var bytes = Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_length + 2));
        if (bytes > ushort.MaxValue)
        {
            throw new WorkerProtocolException($"a string of {bytes} bytes does not fit into a str16");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_length), (ushort)bytes);
        _length += 2 + bytes;
    }

    /// <summary>Writes a str16 whose UTF-8 is there already.</summary>
    /// <exception cref="WorkerProtocolException">It is longer than 65,535 bytes.</exception>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > ushort.MaxValue)
        {
            throw new WorkerProtocolException($"a string of {utf8.Length} bytes does not fit into a str16");
        }

        U16((ushort)utf8.Length);
        Raw(utf8);
    }

    /// <summary>Writes raw bytes.</summary>
    public void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Overwrites two bytes written earlier, for counts that are known only afterwards.</summary>
    public void PatchU16(int position, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(position), value);

    /// <summary>Where the next byte goes.</summary>
    public int Position => _length;

    /// <summary>Returns the buffer to its pool.</summary>
    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
