using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>Reads the newest lines that somebody wants, from the newest segment back, and no further than needed.</summary>
internal static class LogReader
{
    /// <summary>How long a search may compute altogether. A whole log takes a tenth of a second, so only an expression that explodes comes here.</summary>
    private static readonly TimeSpan SearchMax = TimeSpan.FromSeconds(10);

    /// <summary>The newest <paramref name="count"/> lines that <paramref name="filter"/> wants, oldest first.</summary>
    /// <exception cref="RegexMatchTimeoutException">The filter's expression takes too long.</exception>
    public static async Task<IReadOnlyList<LogLine>> ReadAsync(IReadOnlyList<SegmentPart> parts, LogFilter filter, int count, TimeProvider time, CancellationToken ct)
    {
        var found = new List<List<LogLine>>();
        var missing = count;
        var search = new Search(filter, time);
        for (var i = parts.Count - 1; i >= 0 && missing > 0 && !(parts[i].EndedAt <= filter.Since); i--)
        {
            var lines = await ReadAsync(parts[i], search, ct);
            found.Add(lines.Count <= missing ? lines : lines[^missing..]);
            missing -= found[^1].Count;
        }

        found.Reverse();
        return [.. found.SelectMany(lines => lines)];
    }

    private static async Task<List<LogLine>> ReadAsync(SegmentPart part, Search search, CancellationToken ct)
    {
        var bytes = ArrayPool<byte>.Shared.Rent((int)part.Bytes);
        try
        {
            return search.In(bytes.AsSpan(0, await FillAsync(bytes, part, ct)), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static async Task<int> FillAsync(byte[] bytes, SegmentPart part, CancellationToken ct)
    {
        try
        {
            using var file = File.OpenHandle(part.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            var filled = 0;
            while (filled < part.Bytes && await RandomAccess.ReadAsync(file, bytes.AsMemory(filled, (int)part.Bytes - filled), filled, ct) is > 0 and var read)
            {
                filled += read;
            }

            return filled;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;   // it was the oldest, and newer lines have pushed it out
        }
    }

    private sealed class Search(LogFilter filter, TimeProvider time)
    {
        private readonly long _began = time.GetTimestamp();

        public List<LogLine> In(ReadOnlySpan<byte> segment, CancellationToken ct)
        {
            var found = new List<LogLine>();
            while (segment.IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (filter.MayMatch(segment[..end]) && Parse(segment[..end]) is { } line && filter.Matches(line))
                {
                    found.Add(line);
                }

                segment = segment[(end + 1)..];
                ct.ThrowIfCancellationRequested();
                if (filter.Grep is { } grep && time.GetElapsedTime(_began) > SearchMax)
                {
                    throw new RegexMatchTimeoutException("", grep.ToString(), SearchMax);
                }
            }

            return found;
        }

        /// <summary>A line torn off by a crash is skipped.</summary>
        private static LogLine? Parse(ReadOnlySpan<byte> stored)
        {
            try
            {
                return stored.Length > 0 ? JsonSerializer.Deserialize(stored, FaasJson.Default.LogLine) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
