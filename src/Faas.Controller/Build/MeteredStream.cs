using System.Security.Cryptography;

namespace Faas.Controller.Build;

/// <summary>Counts, and on request hashes, what is really read, and stops at a ceiling: sizes in headers are claims.</summary>
internal sealed class MeteredStream(Stream inner, IncrementalHash? hash) : Stream
{
    private long _ceiling;
    private Func<BuildException>? _exceeded;

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From here on, reading past <paramref name="ceiling"/> bytes in all throws <paramref name="exceeded"/>.</summary>
    public void Limit(long ceiling, Func<BuildException> exceeded)
    {
        _ceiling = ceiling;
        _exceeded = exceeded;
    }

    /// <summary>Reads to the end.</summary>
    public void Drain()
    {
        var buffer = new byte[64 * 1024];
        while (Read(buffer) > 0)
        {
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Count += read;
        if (Count > _ceiling && _exceeded is not null)
        {
            throw _exceeded();
        }

        hash?.AppendData(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
