using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>The log lines of all functions. Lines are kept on disk, bounded for each function and for all together, and survive scale to zero, restarts and <c>kill -9</c>.</summary>
internal sealed class FunctionLogs : IFunctionOutput, IAsyncDisposable
{
    private readonly string _folder;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly LogRoom _room;
    private readonly LogWriter _writer = new();
    private readonly ConcurrentDictionary<string, FunctionLog> _logs = new();

    /// <summary>Logs below <paramref name="folder"/>, those of an earlier start included.</summary>
    public FunctionLogs(string folder, LogOptions options, TimeProvider time)
    {
        // A folder of their own: beside controller.log there is no place for a function 'controller' in a namespace 'log'.
        (_folder, _options, _time) = (Path.Combine(folder, "functions"), options, time);
        _room = new LogRoom(options);
        Directory.CreateDirectory(_folder);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.ndjson").ToList())
        {
            MoveIntoFolder(file, Path.Combine(_folder, Path.GetFileNameWithoutExtension(file.Name)));
        }
    }

    /// <summary>What all together have on the disk.</summary>
    public long Bytes => _room.Used;

    /// <summary>Something for each time that all together have become more than they may be: <see cref="FitAsync"/> is due.</summary>
    public ChannelReader<bool> Over => _room.Over;

    /// <summary>Adds a line of <paramref name="function"/>. Never blocks: a flood is cut, and says so.</summary>
    public void Append(string function, LogLine line) => Of(function).Append(line);

    /// <summary>Adds a line of the platform's own about an instance of <paramref name="function"/>.</summary>
    public void Platform(string function, string instance, LineLevel level, string text) =>
        Append(function, new LogLine(_time.GetUtcNow(), instance, null, LogLine.Platform, text) { Level = level });

    /// <summary>The log of <paramref name="function"/>; it exists from the first time it is asked for.</summary>
    public FunctionLog Of(string function) =>
        _logs.GetOrAdd(function, static (name, logs) => new FunctionLog(Path.Combine(logs._folder, name), logs._options, logs._room, logs._writer, logs._time), this);

    /// <summary>Deletes what <paramref name="function"/> has written.</summary>
    public async Task DeleteAsync(string function)
    {
        var log = Of(function);
        await log.DisposeAsync();
        log.Delete();
        _logs.TryRemove(KeyValuePair.Create(function, log));
    }

    /// <summary>Removes lines that are older than their retention, also those of functions that are no more.</summary>
    public async Task PruneAsync(CancellationToken ct)
    {
        foreach (var folder in new DirectoryInfo(_folder).EnumerateDirectories())
        {
            await Of(folder.Name).PruneAsync(ct);
        }
    }

    /// <summary>Makes room when all together have more than they may: the oldest parts of the largest go, and where that is not enough the logs of who has been silent longest.</summary>
    public async Task FitAsync(CancellationToken ct)
    {
        var all = _logs.Values.ToList();
        var share = _room.ShareOf(all.Select(log => log.Bytes));
        var large = all.Where(log => log.Bytes > share).ToList();
        foreach (var log in large)
        {
            await log.ShrinkAsync(share, ct);
        }

        foreach (var log in large.Where(log => log.Bytes > share).OrderBy(log => log.NewestUnixMs))   // each is one part that is larger than its share
        {
            if (!_room.IsTight)
            {
                return;
            }

            await log.ShrinkAsync(0, ct);
        }
    }

    /// <summary>Writes out what is still in memory.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs.Values)
        {
            await log.DisposeAsync();
        }

        await _writer.DisposeAsync();
    }

    /// <summary>Logs were a file and the one before it once; each becomes a segment, named so that none of its lines is older than it may be.</summary>
    private static void MoveIntoFolder(FileInfo file, string folder)
    {
        Directory.CreateDirectory(folder);
        var ended = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds();
        var older = new FileInfo(file.FullName + ".1");
        if (older.Exists)
        {
            older.MoveTo(SegmentPath(folder, Math.Min(ended - 1, new DateTimeOffset(older.LastWriteTimeUtc).ToUnixTimeMilliseconds())));
        }

        file.MoveTo(SegmentPath(folder, ended));
    }

    private static string SegmentPath(string folder, long unixMs) => Path.Combine(folder, unixMs.ToString("D13", CultureInfo.InvariantCulture) + ".ndjson");
}
