namespace Faas.Events.Cron;

/// <summary>The occurrences of a schedule that have come due since the last look; of very many only the newest, with the number of the others.</summary>
/// <param name="Newest">The newest ones, in order.</param>
/// <param name="Older">How many more there are before them, of which nothing else is known.</param>
/// <param name="IsAtLeast">Whether <paramref name="Older"/> was not counted to the end.</param>
/// <param name="NextAt">When the next one comes due; null when none does any more.</param>
internal sealed record DueOccurrences(IReadOnlyList<DateTimeOffset> Newest, long Older, bool IsAtLeast, DateTimeOffset? NextAt)
{
    /// <summary>Most that are counted where counting means walking: some ten milliseconds.</summary>
    public const int CountMax = 10_000;

    /// <summary>Most that are listed.</summary>
    private const int ListMax = 4 * CronCursor.WaitingMax;

    /// <summary>All occurrences.</summary>
    public long Total => Older + Newest.Count;

    /// <summary>The occurrences after <paramref name="after"/> whose firings are to begin at <paramref name="now"/> or were to earlier.</summary>
    public static DueOccurrences Of(CronSchedule schedule, DateTimeOffset after, DateTimeOffset now)
    {
        var listedFrom = after;
        var newest = schedule.Between(after, now).Take(ListMax + 1).ToList();
        if (newest.Count > ListMax)
        {
            listedFrom = BeginOfNewest(schedule, after, now);
            newest = [.. schedule.Between(listedFrom, now)];
        }

        // A firing begins before the next occurrence, so that of all occurrences until now only the newest can be one whose jitter is not over.
        DateTimeOffset? pending = newest.Count > 0 && schedule.FireAt(newest[^1]) > now ? newest[^1] : null;
        if (pending is not null)
        {
            newest.RemoveAt(newest.Count - 1);
        }

        pending ??= schedule.Next(newest.Count > 0 ? newest[^1] : after);
        var (older, isAtLeast) = schedule.Count(after, listedFrom, CountMax);
        return new DueOccurrences(newest, older, isAtLeast, pending is { } next ? schedule.FireAt(next) : null);
    }

    // Halves the time until what remains is between what can be asked for and what is listed. Each step walks over ListMax occurrences at most, and there are
    // as many steps as the time has binary digits in seconds. A step of a second adds one occurrence at most, so the halving cannot jump over the range.
    private static DateTimeOffset BeginOfNewest(CronSchedule schedule, DateTimeOffset after, DateTimeOffset now)
    {
        var (early, late) = (after.ToUnixTimeSeconds(), now.ToUnixTimeSeconds());
        while (true)
        {
            var middle = early + (late - early) / 2;
            var begin = DateTimeOffset.FromUnixTimeSeconds(middle);
            var count = schedule.Between(begin, now).Take(ListMax + 1).Count();
            if (count > ListMax)
            {
                early = middle;
            }
            else if (count <= CronCursor.WaitingMax)
            {
                late = middle;
            }
            else
            {
                return begin;
            }
        }
    }
}
