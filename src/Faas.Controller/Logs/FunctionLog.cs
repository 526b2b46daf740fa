using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>
/// The log of one function. Adding a line never waits: it is taken into memory and written in batches by the one <see cref="LogWriter"/>. What is more than
/// <see cref="LogOptions"/> allow is dropped and told in a line of its own while the flood goes on and when it has ended.
/// </summary>
internal sealed class FunctionLog : IAsyncDisposable
{
    /// <summary>Bytes of text that wait to be written. More come only where the disk stands still.</summary>
    private const int PendingBytesMax = 16 * 1024 * 1024;

    /// <summary>Longest line. Workers cut theirs before; one that does not is cut here, so that a segment's size holds.</summary>
    private const int LineCharactersMax = 16 * 1024;

    /// <summary>Room for a line's other fields in what waits.</summary>
    private const int LineOverhead = 100;

    /// <summary>How long after the first dropped line it is told. A flood that goes on is told again and again.</summary>
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(2);

    /// <summary>JSON in lines would be four times as long with every quote escaped for HTML.</summary>
    private static readonly FaasJson Stored = new(new JsonSerializerOptions(FaasJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = null });

    private readonly LogSegments _segments;
    private readonly LogOptions _options;
    private readonly LogWriter _writer;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly LineRate _rate;
    private readonly List<LogFollower> _followers = [];
    private List<LogLine> _pending = [];
    private List<Action> _asked = [];
    private long _pendingBytes;
    private (long Lines, long Bytes) _dropped;

    /// <summary>All of a stream came after its last line that was taken.</summary>
    private readonly LastLines _last = new();
    private long _unwritten;
    private ITimer? _telling;
    private bool _isScheduled;
    private bool _isClosed;

    public FunctionLog(string folder, LogOptions options, LogRoom room, LogWriter writer, TimeProvider time)
    {
        _segments = new LogSegments(folder, options, room, time);
        _options = options;
        _writer = writer;
        _time = time;
        _rate = new LineRate(options);
    }

    /// <summary>Bytes that it had on the disk when it was used last.</summary>
    public long Bytes => _segments.Bytes;

    /// <summary>When its newest part was begun: milliseconds since 1970, 0 without one.</summary>
    public long NewestUnixMs => _segments.NewestUnixMs;

    /// <summary>Adds a line.</summary>
    public void Append(LogLine line)
    {
        var bytes = Encoding.UTF8.GetByteCount(line.Text);
        line = line.Text.Length <= LineCharactersMax ? line : line with { Text = Cut(line.Text) };
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            if (line.Stream == LogLine.Platform)
            {
                Tell();   // what the function wrote before it was ended is what explains the end
            }
            else if (!_rate.TryTake(bytes, _time.GetElapsedTime(0)) || _pendingBytes + bytes > PendingBytesMax)
            {
                Drop(line, bytes);
                return;
            }

            _last.Clear(line.Stream);   // in the log they would come after this one
            Add(line, bytes);
        }
    }

    /// <summary>What has been written when everything added before this is on the disk. <paramref name="follower"/> gets exactly what comes after it.</summary>
    public Task<IReadOnlyList<SegmentPart>> SnapshotAsync(LogFollower? follower, CancellationToken ct)
    {
        var asked = new TaskCompletionSource<IReadOnlyList<SegmentPart>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(() =>
        {
            try
            {
                var parts = _segments.Snapshot();
                if (follower is not null)
                {
                    Follow(follower);
                }

                asked.TrySetResult(parts);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _segments.Forget();
                asked.TrySetException(e);
            }
        });
        return asked.Task.WaitAsync(ct);
    }

    /// <summary>Takes a follower away, also one that has not begun yet.</summary>
    public void Leave(LogFollower follower)
    {
        lock (_lock)
        {
            follower.HasLeft = true;
            _followers.Remove(follower);
        }
    }

    /// <summary>Removes what is too old.</summary>
    public Task PruneAsync(CancellationToken ct) => AskAsync(_segments.Prune, ct);

    /// <summary>Removes its oldest parts until no more than <paramref name="bytesMax"/> are left; the newest stays, unless nothing may.</summary>
    public Task ShrinkAsync(long bytesMax, CancellationToken ct) => AskAsync(() => _segments.Shrink(bytesMax), ct);

    /// <summary>Deletes the files. The log must have been disposed.</summary>
    public void Delete() => _segments.Delete();

    /// <summary>Writes out what is pending, tells what was dropped, and ends all followers. The writer must still be there.</summary>
    public async ValueTask DisposeAsync()
    {
        Tell();
        await AskAsync(() => { }, CancellationToken.None);
        lock (_lock)
        {
            _isClosed = true;
            _telling?.Dispose();
            _followers.ForEach(follower => follower.End());
            _followers.Clear();
        }
    }

    /// <summary>Writes what waits. Only <see cref="LogWriter"/> calls this, one at a time.</summary>
    internal void WriteBatch()
    {
        List<LogLine> lines;
        List<Action> asked;
        lock (_lock)
        {
            (lines, _pending) = (_pending, []);
            (asked, _asked) = (_asked, []);
            _pendingBytes = 0;
            _isScheduled = false;
        }

        if (lines.Count > 0)
        {
            Write(lines);
            Publish(lines);
        }

        asked.ForEach(ask => ask());
    }

    private Task AskAsync(Action act, CancellationToken ct)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(() =>
        {
            try
            {
                act();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _segments.Forget();   // a folder that cannot be used now is looked at again with the next line
            }

            asked.TrySetResult();
        });
        return asked.Task.WaitAsync(ct);
    }

    /// <summary>Has the writer do <paramref name="act"/> after everything that was added before. Where nothing is written any more there is nothing to wait for.</summary>
    private void Ask(Action act)
    {
        lock (_lock)
        {
            if (_isClosed || !TrySchedule())
            {
                act();
                return;
            }

            _asked.Add(act);
        }
    }

    private void Follow(LogFollower follower)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                follower.End();
            }
            else if (!follower.HasLeft)
            {
                _followers.Add(follower);
            }
        }
    }

    private void Add(LogLine line, int bytes)
    {
        _pending.Add(line);
        _pendingBytes += bytes + LineOverhead;
        TrySchedule();
    }

    private bool TrySchedule() => _isScheduled = _isScheduled || _writer.TrySchedule(this);

    private void Drop(LogLine line, int bytes)
    {
        if (_dropped.Lines == 0)
        {
            _telling ??= _time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _telling.Change(TellAfter, Timeout.InfiniteTimeSpan);
        }

        _dropped = (_dropped.Lines + 1, _dropped.Bytes + bytes);
        _last.Add(line, bytes);
    }

    private void Tell()
    {
        lock (_lock)
        {
            if (_dropped.Lines == 0 || _isClosed)
            {
                return;
            }

            var (lines, bytes) = (_dropped.Lines - _last.Count, _dropped.Bytes - _last.Bytes);
            if (lines > 0)
            {
                Add(OwnLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Lines(lines)} ({bytes:N0} bytes) dropped: the function writes more than {_options.LinesPerSecond:N0} lines or {_options.BytesPerSecond:N0} bytes a second")), LineOverhead);
            }

            foreach (var (line, length) in _last.InOrder())
            {
                Add(line, length);
            }

            _dropped = default;
            _last.Clear();
        }
    }

    private LogLine OwnLine(string text) => new(_time.GetUtcNow(), "", null, LogLine.Platform, text) { Level = LineLevel.Warn };

    private static string Lines(long count) => count == 1 ? "1 line" : count.ToString("N0", CultureInfo.InvariantCulture) + " lines";

    private static string Cut(string text)
    {
        var length = char.IsHighSurrogate(text[LineCharactersMax - 1]) ? LineCharactersMax - 1 : LineCharactersMax;   // not inside a character
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, length)} [cut: {text.Length - length:N0} more characters]");
    }

    private void Write(List<LogLine> lines)
    {
        var count = lines.Count;
        if (_unwritten > 0)
        {
            lines.Insert(0, OwnLine(string.Create(CultureInfo.InvariantCulture, $"{Lines(_unwritten)} lost: the platform could not write to its disk")));
        }

        try
        {
            var buffer = new ArrayBufferWriter<byte>(64 * 1024);
            var ends = new List<int>(lines.Count);
            using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            foreach (var line in lines)
            {
                JsonSerializer.Serialize(json, line, Stored.LogLine);
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
                ends.Add(buffer.WrittenCount);
            }

            _segments.Append(buffer.WrittenSpan, ends);
            _unwritten = 0;
        }
        catch (Exception)
        {
            // The top of the writer's loop, which serves all functions. A full disk must not stop them; the loss is counted and told with the next line that can be written.
            _segments.Forget();
            _unwritten += count;
        }
    }

    private void Publish(List<LogLine> lines)
    {
        lock (_lock)
        {
            foreach (var follower in _followers)
            {
                lines.ForEach(follower.Add);
            }
        }
    }
}
