using System.Globalization;

namespace Faas.Controller.Logs;

/// <summary>
/// One function's log on the disk: a folder of segments, each a file of JSON lines named after the millisecond in which it was begun, so that names say which
/// ones a reader can leave out. No file stays open. Not thread-safe: one writer at a time. A crash tears at most the last line, which readers skip.
/// </summary>
internal sealed class LogSegments(string folder, LogOptions options, LogRoom room, TimeProvider time)
{
    private const string Extension = ".ndjson";

    /// <summary>Parts a log is cut into: what is removed at once is a part, and so is what a reader cannot leave out.</summary>
    private const int Parts = 8;

    /// <summary>A segment is read in one piece.</summary>
    private const int SegmentBytesMax = 4 * 1024 * 1024;

    private List<Segment>? _segments;
    private long _bytes;

    /// <summary>Bytes on the disk when this was used last. Any thread may ask.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When the newest segment was begun: milliseconds since 1970, 0 without one.</summary>
    public long NewestUnixMs { get; private set; }

    private int BytesPerSegment => Math.Min(options.BytesMax / Parts, SegmentBytesMax);

    private TimeSpan TimePerSegment => options.Retention / Parts;

    /// <summary>Appends whole lines, each with its line break. <paramref name="ends"/> are the positions behind each of them.</summary>
    /// <exception cref="IOException">They could not be written; some may be there.</exception>
    public void Append(ReadOnlySpan<byte> lines, List<int> ends)
    {
        var segments = Load();
        for (int first = 0, start = 0; first < ends.Count;)
        {
            var segment = Current(segments, ends[first] - start);
            var last = first;
            while (last + 1 < ends.Count && segment.Bytes + ends[last + 1] - start <= BytesPerSegment)
            {
                last++;
            }

            if (!TryWrite(ref segment, lines[start..ends[last]]))
            {
                segments = Load();   // somebody else has changed the file: see what is there, and go on in a new one
                continue;
            }

            segments[^1] = segment;
            Count(segments);
            start = ends[last];
            first = last + 1;
        }
    }

    /// <summary>Removes what is older than its retention, and what is more than the log may have.</summary>
    public void Prune()
    {
        if (_segments is null && !Directory.Exists(folder))
        {
            return;
        }

        var segments = Load();
        var oldest = (time.GetUtcNow() - options.Retention).ToUnixTimeMilliseconds();
        while (segments.Count > 0 && IsOver(segments, oldest))
        {
            RemoveOldest(segments);
        }
    }

    /// <summary>Removes the oldest segments until no more than <paramref name="bytesMax"/> are left; the newest stays, unless nothing may.</summary>
    public void Shrink(long bytesMax)
    {
        if (_segments is null && !Directory.Exists(folder))
        {
            return;
        }

        var segments = Load();
        while (segments.Count > (bytesMax == 0 ? 0 : 1) && segments.Sum(segment => segment.Bytes) > bytesMax)
        {
            RemoveOldest(segments);
        }
    }

    /// <summary>Removes all of it, its folder too.</summary>
    public void Delete()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Count([]);
        Forget();
    }

    /// <summary>What there is to read now, oldest first. Lines that come later are not in it.</summary>
    public IReadOnlyList<SegmentPart> Snapshot()
    {
        if (_segments is null && !Directory.Exists(folder))
        {
            return [];
        }

        var segments = Load();
        return [.. segments.Select((segment, i) => new SegmentPart(PathOf(segment), segment.Bytes, i + 1 < segments.Count ? DateTimeOffset.FromUnixTimeMilliseconds(segments[i + 1].BegunUnixMs) : null))];
    }

    /// <summary>Looks again at the next use.</summary>
    public void Forget() => _segments = null;

    private string PathOf(Segment segment) => Path.Combine(folder, segment.BegunUnixMs.ToString("D13", CultureInfo.InvariantCulture) + Extension);

    private List<Segment> Load()
    {
        if (_segments is not null)
        {
            return _segments;
        }

        Directory.CreateDirectory(folder);
        var segments = new List<Segment>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var begun))
            {
                segments.Add(new Segment(begun, file.Length));
            }
        }

        segments.Sort((a, b) => a.BegunUnixMs.CompareTo(b.BegunUnixMs));
        if (segments.Count > 0)
        {
            segments[^1] = Repaired(segments[^1]);
        }

        Count(segments);
        return _segments = segments;
    }

    private void Count(List<Segment> segments)
    {
        var bytes = segments.Sum(segment => segment.Bytes);
        room.Change(bytes - _bytes);
        Volatile.Write(ref _bytes, bytes);
        NewestUnixMs = segments is [.., var newest] ? newest.BegunUnixMs : 0;
    }

    /// <summary>What a crash has torn off is ended, so that the next line does not become part of it.</summary>
    private Segment Repaired(Segment segment)
    {
        if (segment.Bytes == 0)
        {
            return segment;
        }

        using var file = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> last = stackalloc byte[1];
        if (RandomAccess.Read(file, last, segment.Bytes - 1) == 1 && last[0] == (byte)'\n')
        {
            return segment;
        }

        RandomAccess.Write(file, "\n"u8, segment.Bytes);
        return segment with { Bytes = segment.Bytes + 1 };
    }

    /// <summary>The segment that takes <paramref name="bytes"/> more: the newest, or a new one when that is full or long begun.</summary>
    private Segment Current(List<Segment> segments, int bytes)
    {
        var now = time.GetUtcNow();
        if (segments is [.., var newest] && (newest.Bytes == 0 || newest.Bytes + bytes <= BytesPerSegment)
            && now - DateTimeOffset.FromUnixTimeMilliseconds(newest.BegunUnixMs) < TimePerSegment)
        {
            return newest;
        }

        // Names grow even where the clock goes back.
        var begun = Math.Max(now.ToUnixTimeMilliseconds(), segments is [.., var last] ? last.BegunUnixMs + 1 : 0);
        segments.Add(new Segment(begun, 0));
        Prune();
        return segments[^1];
    }

    private bool IsOver(List<Segment> segments, long oldestUnixMs)
    {
        var room = options.BytesMax - BytesPerSegment;   // kept free for the newest, so that the whole is never over
        return segments.Count > 1
            ? segments[1].BegunUnixMs <= oldestUnixMs || segments.Take(segments.Count - 1).Sum(segment => segment.Bytes) > room
            : segments[0].BegunUnixMs + (long)TimePerSegment.TotalMilliseconds <= oldestUnixMs;
    }

    private void RemoveOldest(List<Segment> segments)
    {
        File.Delete(PathOf(segments[0]));
        segments.RemoveAt(0);
        Count(segments);
    }

    /// <summary>False when the file is not as this log has left it.</summary>
    private bool TryWrite(ref Segment segment, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(segment), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.GetLength(file) >= segment.Bytes)
            {
                RandomAccess.Write(file, bytes, segment.Bytes);
                segment = segment with { Bytes = segment.Bytes + bytes.Length };
                return true;
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Removed as a whole; it is made again.
        }

        Forget();
        return false;
    }

    private readonly record struct Segment(long BegunUnixMs, long Bytes);
}

/// <summary>A segment as far as it had been written when somebody asked.</summary>
/// <param name="Path">The file; it may be gone by now.</param>
/// <param name="Bytes">How much of it counts.</param>
/// <param name="EndedAt">All its lines are older than this; null for the newest.</param>
internal readonly record struct SegmentPart(string Path, long Bytes, DateTimeOffset? EndedAt);
