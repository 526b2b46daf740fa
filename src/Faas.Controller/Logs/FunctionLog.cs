using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>
/// The log of one function: a file of JSON lines and the one before it, together at most twice <see cref="FileBytesMax"/>. One writer task
/// appends in batches; readers of <see cref="TailAsync"/> see everything that was appended before they asked.
/// </summary>
internal sealed class FunctionLog : IAsyncDisposable
{
    /// <summary>Size at which the file becomes the older one. 4 MiB hold about 30,000 lines.</summary>
    private const long FileBytesMax = 4 * 1024 * 1024;

    /// <summary>Lines waiting to be written. More come only from a flood, which is cut here.</summary>
    private const int PendingMax = 8192;

    /// <summary>Lines a follower may lag behind before it loses the oldest.</summary>
    private const int FollowerMax = 4096;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Channel<Entry> _pending = Channel.CreateBounded<Entry>(PendingMax);
    private readonly Lock _lock = new();
    private readonly List<Channel<LogLine>> _followers = [];
    private readonly Task _writing;
    private long _dropped;

    public FunctionLog(string path, TimeProvider time)
    {
        _path = path;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    private string OlderPath => _path + ".1";

    /// <summary>Adds a line.</summary>
    public void Append(LogLine line)
    {
        if (!_pending.Writer.TryWrite(new Entry(line, null)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>The newest <paramref name="count"/> lines, oldest first, only those of <paramref name="invocationId"/> when it is given.</summary>
    public async Task<IReadOnlyList<LogLine>> TailAsync(int count, string? invocationId, CancellationToken ct)
    {
        await FlushAsync(ct);
        var tail = new Queue<LogLine>();
        foreach (var path in new[] { OlderPath, _path })
        {
            await foreach (var line in ReadAsync(path, ct))
            {
                if (invocationId is null || line.InvocationId == invocationId)
                {
                    tail.Enqueue(line);
                    if (tail.Count > count)
                    {
                        tail.Dequeue();
                    }
                }
            }
        }

        return [.. tail];
    }

    /// <summary>Lines from now on, until <paramref name="ct"/>. A reader that is too slow loses the oldest.</summary>
    public async IAsyncEnumerable<LogLine> FollowAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var channel = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(FollowerMax) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            _followers.Add(channel);
        }

        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(ct))
            {
                yield return line;
            }
        }
        finally
        {
            lock (_lock)
            {
                _followers.Remove(channel);
            }
        }
    }

    /// <summary>Deletes the files. The log must have been disposed.</summary>
    public void Delete()
    {
        File.Delete(_path);
        File.Delete(OlderPath);
    }

    /// <summary>Writes out what is pending and ends all followers.</summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _writing;
        lock (_lock)
        {
            foreach (var follower in _followers)
            {
                follower.Writer.TryComplete();
            }
        }
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _pending.Writer.WriteAsync(new Entry(null, flushed), ct);
            await flushed.Task.WaitAsync(ct);
        }
        catch (ChannelClosedException)
        {
            // Disposed: everything is on disk.
        }
    }

    private async Task WriteAsync()
    {
        var batch = new List<LogLine>();
        var flushes = new List<TaskCompletionSource>();
        while (await _pending.Reader.WaitToReadAsync())
        {
            while (batch.Count < PendingMax && _pending.Reader.TryRead(out var entry))
            {
                if (entry.Line is { } line)
                {
                    batch.Add(line);
                }
                else
                {
                    flushes.Add(entry.Flushed!);
                }
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                batch.Add(new LogLine(_time.GetUtcNow(), "", null, "platform", $"{dropped} lines dropped: the function writes faster than its log takes them"));
            }

            Write(batch);
            Publish(batch);
            flushes.ForEach(f => f.TrySetResult());
            batch.Clear();
            flushes.Clear();
        }
    }

    private void Write(List<LogLine> batch)
    {
        try
        {
            for (var written = 0; written < batch.Count;)
            {
                written = WriteToFile(batch, written);
            }
        }
        catch (IOException)
        {
            // A full disk must not stop functions; the loss is counted and told with the next line that can be written.
            Interlocked.Add(ref _dropped, batch.Count);
        }
    }

    /// <summary>Appends lines from <paramref name="first"/> on until the file is full, and returns how far it came.</summary>
    private int WriteToFile(List<LogLine> batch, int first)
    {
        var next = first;
        bool isFull;
        using (var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 64 * 1024))
        {
            while (next < batch.Count && file.Position < FileBytesMax)
            {
                JsonSerializer.Serialize(file, batch[next++], FaasJson.Default.LogLine);
                file.WriteByte((byte)'\n');
            }

            isFull = file.Position >= FileBytesMax;
        }

        if (isFull)
        {
            File.Move(_path, OlderPath, overwrite: true);
        }

        return next;
    }

    private void Publish(List<LogLine> batch)
    {
        lock (_lock)
        {
            foreach (var follower in _followers)
            {
                foreach (var line in batch)
                {
                    follower.Writer.TryWrite(line);
                }
            }
        }
    }

    private static async IAsyncEnumerable<LogLine> ReadAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (await reader.ReadLineAsync(ct) is { } text)
        {
            if (Parse(text) is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>A line cut off by a crash is skipped.</summary>
    private static LogLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, FaasJson.Default.LogLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private readonly record struct Entry(LogLine? Line, TaskCompletionSource? Flushed);
}
