using Faas.Link;

namespace Faas.Gateway.Usage;

/// <summary>
/// Where usage records go first: the current segment, then the next. Appending doesn't block: the next segment is prepared while the current one fills.
/// Without disk it goes on in memory, loudly, and at the end of that it counts what it drops; callers are served in any case.
/// </summary>
internal sealed partial class UsageJournal : IUsageSink, IDisposable
{
    /// <summary>1 GiB or 6 million records while the controller is away; then the disk counts as full.</summary>
    private const int SegmentsMax = 256;

    /// <summary>64 MiB of records that a kill would lose.</summary>
    private const int MemorySegmentsMax = 16;

    private readonly Lock _rotation = new();
    private readonly string _folder;
    private readonly string _boot;
    private readonly ILogger<UsageJournal> _logger;
    private readonly List<JournalSegment> _segments = [];
    private JournalSegment _current;
    private JournalSegment? _spare;
    private long _nextNumber;
    private long _dropped;

    /// <summary>Opens the journal in <paramref name="folder"/>: earlier boots' segments and a first one of this boot.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public UsageJournal(string folder, string boot, ILogger<UsageJournal> logger)
    {
        _folder = folder;
        _boot = boot;
        _logger = logger;
        Directory.CreateDirectory(folder);
        OpenEarlier();
        _current = JournalSegment.Create(PathOf(_nextNumber), boot, _nextNumber++);
        _segments.Add(_current);
    }

    /// <summary>Records lost because neither disk nor memory was left.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Appends a record. When this returns, a kill of the process doesn't lose it.</summary>
    public void Append(in UsageEntry entry)
    {
        Span<byte> buffer = stackalloc byte[UsageCodec.RecordLengthMax];
        var record = buffer[..UsageCodec.Encode(entry, buffer)];
        while (true)
        {
            var segment = Volatile.Read(ref _current);
            if (segment.TryAppend(record))
            {
                return;
            }

            if (!Rotate(segment))
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
        }
    }

    /// <summary>Segments in the order in which their records are sent: earlier boots first.</summary>
    public List<JournalSegment> Segments()
    {
        lock (_rotation)
        {
            return [.. _segments];
        }
    }

    /// <summary>Removes a segment whose records are all durable at the controller.</summary>
    public void Remove(JournalSegment segment)
    {
        lock (_rotation)
        {
            _segments.Remove(segment);
        }

        segment.Delete();
    }

    /// <summary>Prepares the next segment when the current one is half full. Called by the drain, off the path of requests.</summary>
    public void Prepare()
    {
        if (!Volatile.Read(ref _current).IsHalfFull)
        {
            return;
        }

        lock (_rotation)
        {
            if (_spare is not null || _segments.Count >= SegmentsMax)
            {
                return;
            }
        }

        // Only the drain gets here, so nobody else sets a spare meanwhile; Rotate may take the number first, hence the reservation under the lock.
        long number;
        lock (_rotation)
        {
            number = _nextNumber++;
        }

        if (TryCreate(number) is { } spare)
        {
            lock (_rotation)
            {
                _spare = spare;
            }
        }
    }

    /// <summary>At shutdown: closes the files. Segments without an unacknowledged record are removed; others are the next boot's to send.</summary>
    public void Dispose()
    {
        lock (_rotation)
        {
            _spare?.Delete();
            _spare = null;
            foreach (var segment in _segments)
            {
                var at = segment.Acked;
                if (segment.TryRead(ref at, out _))
                {
                    segment.Dispose();
                }
                else
                {
                    segment.Delete();
                }
            }

            _segments.Clear();
        }
    }

    private bool Rotate(JournalSegment full)
    {
        lock (_rotation)
        {
            if (_current != full)
            {
                return true;
            }

            var next = _spare;
            _spare = null;
            if (next is null && _segments.Count < SegmentsMax)
            {
                // The drain was too slow to prepare one. Blocking for 2 ms is better than losing records.
                next = TryCreate(_nextNumber++);
            }

            if (next is null)
            {
                if (_segments.Count(segment => segment.Path is null) >= MemorySegmentsMax)
                {
                    return false;
                }

                next = JournalSegment.InMemory(_boot, _nextNumber++);
            }

            _segments.Add(next);
            Volatile.Write(ref _current, next);
            return true;
        }
    }

    private JournalSegment? TryCreate(long number)
    {
        try
        {
            return JournalSegment.Create(PathOf(number), _boot, number);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NoDisk(_logger, exception, _folder);
            return null;
        }
    }

    private void OpenEarlier()
    {
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            if (!JournalFile.TryParse(Path.GetFileName(path), out var boot, out var number))
            {
                continue;
            }

            if (JournalSegment.Open(path, boot, number) is not { } segment)
            {
                File.Delete(path);
            }
            else if (segment.EndsAt(segment.Acked))
            {
                segment.Delete();
            }
            else
            {
                _segments.Add(segment);
            }
        }
    }

    private string PathOf(long number) => Path.Combine(_folder, JournalFile.NameOf(_boot, number));

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Error, "No journal segment can be created in {Folder}; usage records stay in memory, where a kill of the gateway loses them, until there is space")]
        public static partial void NoDisk(ILogger logger, Exception exception, string folder);
    }
}
