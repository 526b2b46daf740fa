using System.Diagnostics.CodeAnalysis;

namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>
/// The last idle times of one function: from the end of its activity to the next arrival. It is the paper's histogram kept as its samples,
/// oldest first: 128 numbers are smaller than 240 bins, know milliseconds where bins of a minute would make one of every fast function's idle
/// times, and age by themselves, because a new one displaces the oldest. At most 1 KiB. Not thread-safe: guarded by the fleet's lock.
/// </summary>
/// <param name="capacity">Idle times remembered. See <see cref="DefaultCapacity"/>.</param>
internal sealed class IdleHistory(int capacity = IdleHistory.DefaultCapacity)
{
    /// <summary>
    /// 128: a 99th percentile leaves nothing out below 100 samples, so fewer would let every outlier set the window, and more would only make
    /// a changed pattern take longer: after 128 calls nothing of the old one is left.
    /// </summary>
    public const int DefaultCapacity = 128;

    /// <summary>Longer idle times only count as out of bounds. 4 h, as in the paper: nobody wants an instance kept longer for one call.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromHours(4);

    private const uint OutOfBoundsMark = uint.MaxValue;
    private const byte FormatVersion = 1;

    // A ring once it is full: _next is then the oldest.
    private readonly List<uint> _recent = [];
    private readonly List<uint> _sorted = [];
    private int _next;

    /// <summary>Idle times remembered, those out of bounds included.</summary>
    public int Total => _recent.Count;

    /// <summary>Idle times remembered within the bound.</summary>
    public int Count => _sorted.Count;

    /// <summary>Idle times remembered that were longer than <see cref="Bound"/>.</summary>
    public int OutOfBounds => Total - Count;

    /// <summary>Those within the bound, shortest first.</summary>
    public IEnumerable<TimeSpan> Ascending => _sorted.Select(ms => TimeSpan.FromMilliseconds(ms));

    /// <summary>Remembers one idle time, rounded to milliseconds; below zero counts as zero.</summary>
    public void Record(TimeSpan idle) => Add(idle > Bound ? OutOfBoundsMark : (uint)Math.Round(Math.Max(0, idle.TotalMilliseconds)));

    /// <summary>
    /// The shortest remembered idle time that at least <paramref name="share"/> (0 to 1) of those within the bound do not exceed (nearest rank). Zero when there is none.
    /// </summary>
    public TimeSpan Percentile(double share)
    {
        if (Count == 0)
        {
            return TimeSpan.Zero;
        }

        // A share of 0.07 of 100 is 7.000000000000001; that must not be rank 8.
        var rank = (int)Math.Ceiling((share * Count) - 1e-9);
        return TimeSpan.FromMilliseconds(_sorted[Math.Clamp(rank, 1, Count) - 1]);
    }

    /// <summary>Text of at most 700 characters from which <see cref="TryParse"/> makes the same history again.</summary>
    public string Serialize()
    {
        var bytes = new MemoryStream(1 + (4 * Total));
        using var writer = new BinaryWriter(bytes);
        writer.Write(FormatVersion);
        for (var i = 0; i < Total; i++)
        {
            // The mark of one out of bounds becomes 0, which is short; the others move up by one.
            writer.Write7BitEncodedInt(unchecked((int)(_recent[(_next + i) % Total] + 1)));
        }

        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>Reads what <see cref="Serialize"/> wrote; false for anything else, and the function then begins without a history.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IdleHistory? history, int capacity = DefaultCapacity)
    {
        history = null;
        var buffer = new byte[text?.Length ?? 0];
        if (text is null || !Convert.TryFromBase64String(text, buffer, out var length) || length == 0 || buffer[0] != FormatVersion)
        {
            return false;
        }

        var parsed = new IdleHistory(capacity);
        using var reader = new BinaryReader(new MemoryStream(buffer, 1, length - 1));
        try
        {
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                var ms = unchecked((uint)reader.Read7BitEncodedInt() - 1);
                parsed.Add(ms > Bound.TotalMilliseconds ? OutOfBoundsMark : ms);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            return false;
        }

        history = parsed;
        return true;
    }

    private void Add(uint ms)
    {
        if (_recent.Count < capacity)
        {
            _recent.Add(ms);
        }
        else
        {
            var oldest = _recent[_next];
            _recent[_next] = ms;
            _next = (_next + 1) % capacity;
            if (oldest != OutOfBoundsMark)
            {
                _sorted.RemoveAt(_sorted.BinarySearch(oldest));
            }
        }

        if (ms != OutOfBoundsMark)
        {
            var place = _sorted.BinarySearch(ms);
            _sorted.Insert(place < 0 ? ~place : place, ms);
        }
    }
}
