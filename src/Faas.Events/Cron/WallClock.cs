namespace Faas.Events.Cron;

/// <summary>
/// The clock on a wall of a time zone: which moments it shows a local time at. Only the zone's offset at moments is asked for. Cronos can be given a zone as well, and
/// then asks for its rules and base offset, which on Linux do not tell the whole truth where summer is the standard time or the standard changes: for Europe/Dublin,
/// Africa/Casablanca and others (Cronos 0.13) the occurrence after one in spring was that one again, for ever.
/// </summary>
internal sealed class WallClock(TimeZoneInfo zone)
{
    // Local time and UTC differ by less than this, and no zone has changed its clocks twice within twice of this.
    private static readonly TimeSpan Around = TimeSpan.FromHours(24);

    private readonly bool _isUtc = ReferenceEquals(zone, TimeZoneInfo.Utc);

    /// <summary>What the clock shows at <paramref name="moment"/>, as a UTC time so that nobody converts it again.</summary>
    public DateTime Shown(DateTime moment) => moment + OffsetAt(moment);

    /// <summary>
    /// The moment at which the clock shows <paramref name="shown"/>: the first one if there are two; the moment at which it is turned forward if it is turned past it.
    /// </summary>
    public DateTime MomentOf(DateTime shown)
    {
        if (_isUtc)
        {
            return shown;
        }

        var before = OffsetAt(shown - Around);
        var after = OffsetAt(shown + Around);
        var first = shown - before;
        if (before == after || OffsetAt(first) == before)
        {
            return first;
        }

        var second = shown - after;
        return OffsetAt(second) == after ? second : ChangeBetween(second, first);
    }

    /// <summary>The change at which the clock is turned back around <paramref name="moment"/>, if what it shows then is shown twice; otherwise null.</summary>
    public Repetition? RepetitionAt(DateTime moment)
    {
        if (_isUtc)
        {
            return null;
        }

        var shown = Shown(moment);
        var before = OffsetAt(shown - Around);
        var after = OffsetAt(shown + Around);
        var first = shown - before;
        var second = shown - after;
        if (before <= after || OffsetAt(first) != before || OffsetAt(second) != after)
        {
            return null;
        }

        var change = ChangeBetween(first, second);
        return new Repetition(change, change + after, change + before);
    }

    // The first moment whose offset is not that of `low`, to the second; `high` has another one.
    private DateTime ChangeBetween(DateTime low, DateTime high)
    {
        var offset = OffsetAt(low);
        while (high - low > TimeSpan.FromSeconds(1))
        {
            var middle = low.AddSeconds(Math.Floor((high - low).TotalSeconds / 2));
            if (OffsetAt(middle) == offset)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return high;
    }

    private TimeSpan OffsetAt(DateTime moment) => _isUtc ? TimeSpan.Zero : zone.GetUtcOffset(moment);
}

/// <summary>A clock turned back: what is shown from <see cref="ShownFrom"/> until before <see cref="ShownUntil"/> is shown twice.</summary>
/// <param name="Change">The moment at which it is turned back.</param>
/// <param name="ShownFrom">What it shows from then on.</param>
/// <param name="ShownUntil">What it would have shown.</param>
internal readonly record struct Repetition(DateTime Change, DateTime ShownFrom, DateTime ShownUntil);
