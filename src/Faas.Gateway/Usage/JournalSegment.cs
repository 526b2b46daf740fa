using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Faas.Link;
using Microsoft.Win32.SafeHandles;

namespace Faas.Gateway.Usage;

/// <summary>
/// One segment of the journal in mapped memory. Appending is lock-free: reserve with one interlocked add, copy, then publish by writing the length word
/// last. The pages are the kernel's, so what is written survives a kill of the process at any instruction.
/// </summary>
internal sealed unsafe class JournalSegment : IDisposable
{
    /// <summary>Bytes of a segment: 25,000 records or so, and 2 ms to create.</summary>
    public const int Length = 4 << 20;

    /// <summary>Batches that may be sent and not yet acknowledged; their ends are in the header.</summary>
    public const int WindowLength = 8;

    /// <summary>Where records begin: after magic (8 bytes), the acknowledged offset (u32 at 8) and the ends of unacknowledged batches (u32 each, from 16).</summary>
    public const int HeaderLength = 64;

    /// <summary>First 8 bytes of a segment.</summary>
    public const ulong Magic = 0x0001_4745_5346_5355;   // "USFSEG" and version 1

    private const uint EndMark = uint.MaxValue;
    private const int AckedAt = 8;
    private const int WindowAt = 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;
    private long _reserved = HeaderLength;
    private readonly bool _isRecovered;
    private int _isDisposed;

    private JournalSegment(MemoryMappedFile file, string boot, long number, string? path, bool isNew)
    {
        Boot = boot;
        _file = file;
        _view = file.CreateViewAccessor(0, Length);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        Number = number;
        Path = path;
        if (isNew)
        {
            *(ulong*)_bytes = Magic;
            Acked = HeaderLength;
        }
        else
        {
            _reserved = Length;   // Nobody appends to an earlier boot's segment.
            _isRecovered = true;
        }
    }

    /// <summary>The boot that wrote it.</summary>
    public string Boot { get; }

    /// <summary>Number within its boot, from 0.</summary>
    public long Number { get; }

    /// <summary>Its file; null when it lives in memory only because the disk is full, and dies with the process.</summary>
    public string? Path { get; }

    /// <summary>Whether its file holds whole records only, one behind the other, so that the controller can read them there. An earlier boot's may have torn ones between them.</summary>
    public bool IsReadableFile => Path is not null && !_isRecovered;

    /// <summary>Whether nothing more can be appended.</summary>
    public bool IsFull => Volatile.Read(ref _reserved) >= Length - UsageCodec.RecordLengthMax;

    /// <summary>Where the next record goes; records before it may still be being written.</summary>
    public int End => (int)Math.Min(Length, Volatile.Read(ref _reserved));

    /// <summary>Whether it is time to prepare the next one.</summary>
    public bool IsHalfFull => Volatile.Read(ref _reserved) >= Length / 2;

    /// <summary>
    /// Creates a segment's file. Its zeros are really written, because a mapped hole on a full disk is a SIGBUS instead of an error.
    /// </summary>
    /// <exception cref="IOException">The disk is full or the folder can't be written.</exception>
    public static JournalSegment Create(string path, string boot, long number)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.None, preallocationSize: Length);
            var zeros = new byte[64 * 1024];
            for (var at = 0; at < Length; at += zeros.Length)
            {
                RandomAccess.Write(handle, zeros, at);
            }

            return new JournalSegment(Map(handle), boot, number, path, isNew: true);
        }
        catch
        {
            handle?.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>A segment without a file.</summary>
    public static JournalSegment InMemory(string boot, long number) => new(MemoryMappedFile.CreateNew(null, Length), boot, number, null, isNew: true);

    /// <summary>Opens what an earlier boot left. Null when its creation was interrupted, so that it never held a record.</summary>
    public static JournalSegment? Open(string path, string boot, long number)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        if (RandomAccess.GetLength(handle) != Length)
        {
            handle.Dispose();
            return null;
        }

        var segment = new JournalSegment(Map(handle), boot, number, path, isNew: false);
        if (*(ulong*)segment._bytes == Magic)
        {
            return segment;
        }

        segment.Dispose();
        return null;
    }

    /// <summary>Everything before this offset is durable at the controller. Kept in the header, so that a restarted gateway goes on from there.</summary>
    public int Acked
    {
        get => *(int*)(_bytes + AckedAt);
        private set => *(int*)(_bytes + AckedAt) = value;
    }

    /// <summary>
    /// Ends of batches that were sent and not acknowledged, ascending. They are in the header because a batch that is sent again, after a restart even,
    /// must have the same ends: the controller recognizes it by them.
    /// </summary>
    public List<int> Unacked()
    {
        var ends = new List<int>(WindowLength);
        for (var i = 0; i < WindowLength; i++)
        {
            var end = ((int*)(_bytes + WindowAt))[i];
            if (end > Acked)
            {
                ends.Add(end);
            }
        }

        ends.Sort();
        return ends;
    }

    /// <summary>Notes the end of a batch that is about to be sent. There must be room in the window.</summary>
    public void NoteSent(int end)
    {
        var window = (int*)(_bytes + WindowAt);
        for (var i = 0; i < WindowLength; i++)
        {
            if (window[i] <= Acked)
            {
                window[i] = end;
                return;
            }
        }

        throw new UnreachableException("more batches were sent than the window holds");
    }

    /// <summary>Notes what is durable at the controller.</summary>
    public void NoteAcked(int to)
    {
        if (to > Acked && to <= Length)
        {
            Acked = to;
        }
    }

    /// <summary>Appends a record. False when it doesn't fit; then none will any more.</summary>
    public bool TryAppend(ReadOnlySpan<byte> record)
    {
        var at = Interlocked.Add(ref _reserved, record.Length) - record.Length;
        if (at + record.Length > Length)
        {
            if (at < Length)
            {
                // The first that doesn't fit says where the records end. Records are multiples of 8 long, so there is room for a word.
                Volatile.Write(ref *(uint*)(_bytes + at), EndMark);
            }

            return false;
        }

        record[4..].CopyTo(new Span<byte>(_bytes + at + 4, record.Length - 4));
        Volatile.Write(ref *(uint*)(_bytes + at), (uint)record.Length);
        return true;
    }

    /// <summary>
    /// The record at <paramref name="at"/>, which moves behind it. False when none is published there. In an earlier boot's segment, what was being written
    /// when the process was killed is skipped: records begin at multiples of 8 and carry a checksum. This process's own records need no such check, which
    /// would cost more than sending them.
    /// </summary>
    public bool TryRead(ref int at, out ReadOnlySpan<byte> record)
    {
        record = default;
        for (var offset = at; offset + 8 <= Length; offset += 8)
        {
            var announced = Volatile.Read(ref *(uint*)(_bytes + offset));
            if (announced is not (0 or EndMark) && (!_isRecovered || IsSound(offset)))
            {
                record = new ReadOnlySpan<byte>(_bytes + offset, (int)announced);
                at = offset + record.Length;
                return true;
            }

            if (!_isRecovered)
            {
                return false;
            }
        }

        at = _isRecovered ? Length : at;
        return false;
    }

    /// <summary>Behind the last whole record between <paramref name="at"/> and <paramref name="end"/>; <paramref name="at"/> when there is none.</summary>
    public int EndOfWhole(int at, int end)
    {
        for (var next = at; next < end && TryRead(ref next, out _) && next <= end;)
        {
            at = next;
        }

        return at;
    }

    /// <summary>
    /// Copies whole records from <paramref name="at"/>, which moves behind them, up to <paramref name="end"/>, as many as there are and fit. Returns how
    /// many bytes they are.
    /// </summary>
    public int Copy(ref int at, int end, Span<byte> into)
    {
        var copied = 0;
        for (var next = at; next < end && TryRead(ref next, out var record) && record.TryCopyTo(into[copied..]); at = next)
        {
            copied += record.Length;
        }

        return copied;
    }

    /// <summary>Whether all records lie before <paramref name="at"/>.</summary>
    public bool EndsAt(int at)
    {
        if (_isRecovered)
        {
            return !TryRead(ref at, out _);
        }

        return at + 8 > Length || Volatile.Read(ref *(uint*)(_bytes + at)) == EndMark;
    }

    /// <summary>Unmaps it and removes its file.</summary>
    public void Delete()
    {
        Dispose();
        if (Path is not null)
        {
            File.Delete(Path);
        }
    }

    /// <summary>Unmaps it. Only when no appender can hold it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private bool IsSound(int offset) => UsageFrame.TryRead(new ReadOnlySpan<byte>(_bytes + offset, Length - offset), out _);

    private static MemoryMappedFile Map(SafeFileHandle handle) =>
        MemoryMappedFile.CreateFromFile(handle, null, Length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
}
