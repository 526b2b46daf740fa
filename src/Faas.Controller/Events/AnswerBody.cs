using System.Buffers.Binary;
using Faas.Events;
using Faas.Link;
using Faas.Storage;

namespace Faas.Controller.Events;

/// <summary>
/// Takes up the body of an attempt's answer: in memory while it is short, in a file when it is long, not at all when it is too long. What the gateway has put behind it, the
/// usage record and its length, is cut off its end.
/// </summary>
internal sealed class AnswerBody(AnswerFiles files, ClaimKey claim, long lengthMax) : IAsyncDisposable
{
    private const int TailMax = UsageCodec.RecordLengthMax + sizeof(uint);

    private readonly MemoryStream _memory = new();
    private readonly byte[] _tail = new byte[TailMax];
    private int _tailLength;
    private FileStream? _file;
    private string? _kept;

    /// <summary>Bytes of the body.</summary>
    public long Length { get; private set; }

    /// <summary>The body, if it is in memory; empty otherwise.</summary>
    public ReadOnlyMemory<byte> Memory => _file is null && Length <= lengthMax ? _memory.GetBuffer().AsMemory(0, (int)_memory.Length) : default;

    /// <summary>Reads the body to its end. Returns the usage record's bytes, empty when there is none.</summary>
    /// <param name="source">The body with what is behind it.</param>
    /// <param name="hasUsage">Whether a usage record is behind it.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(Stream source, bool hasUsage, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await source.ReadAsync(buffer, ct)) > 0)
        {
            await AddAsync(buffer.AsMemory(0, count), ct);
        }

        if (!hasUsage)
        {
            await EmitAsync(_tail.AsMemory(0, _tailLength), ct);
            return default;
        }

        var usageLength = _tailLength >= sizeof(uint) ? (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(_tail.AsSpan(_tailLength - sizeof(uint)))) : 0;
        if (usageLength == 0 || usageLength > _tailLength - sizeof(uint))
        {
            return default;   // it was cut off before its end
        }

        var bodyEnd = _tailLength - sizeof(uint) - usageLength;
        await EmitAsync(_tail.AsMemory(0, bodyEnd), ct);
        return _tail.AsMemory(bodyEnd, usageLength);
    }

    /// <summary>Makes the file durable, if there is one, and returns its name.</summary>
    public string? Keep()
    {
        if (_file is not null && Length <= lengthMax)
        {
            _kept = files.Keep(_file);
        }

        return _kept;
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is { } file)
        {
            await file.DisposeAsync();
            if (_kept is null)
            {
                File.Delete(file.Name);
            }
        }

        await _memory.DisposeAsync();
    }

    /// <summary>Passes on all but the last bytes, which may be the usage.</summary>
    private async ValueTask AddAsync(ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        var passed = Math.Max(0, _tailLength + piece.Length - TailMax);
        var fromTail = Math.Min(passed, _tailLength);
        await EmitAsync(_tail.AsMemory(0, fromTail), ct);
        await EmitAsync(piece[..(passed - fromTail)], ct);
        _tail.AsSpan(fromTail, _tailLength - fromTail).CopyTo(_tail);
        _tailLength -= fromTail;
        piece[(passed - fromTail)..].CopyTo(_tail.AsMemory(_tailLength));
        _tailLength += piece.Length - (passed - fromTail);
    }

    private async ValueTask EmitAsync(ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        Length += piece.Length;
        if (piece.IsEmpty || Length > lengthMax)
        {
            return;
        }

        if (_file is null && Length <= AnswerFiles.InStoreMax)
        {
            _memory.Write(piece.Span);
            return;
        }

        if (_file is null)
        {
            _file = files.Create(claim);
            await _file.WriteAsync(_memory.GetBuffer().AsMemory(0, (int)_memory.Length), ct);
        }

        await _file.WriteAsync(piece, ct);
    }
}
