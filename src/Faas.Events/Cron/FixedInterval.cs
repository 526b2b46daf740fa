using System.Globalization;

namespace Faas.Events.Cron;

/// <summary>
/// An <c>@every</c> schedule: the moments that lie whole intervals after 1970 plus a phase. So they depend on no start of the platform: a job of every two hours
/// runs even if the platform is restarted every hour, and triggers whose phases differ do not meet after a restart.
/// </summary>
/// <param name="Seconds">The interval.</param>
/// <param name="Phase">Seconds by which the moments are later than whole intervals, 0 to the interval less one.</param>
internal sealed record FixedInterval(long Seconds, long Phase)
{
    private const string Keyword = "@every";
    private const long SecondsMax = 366L * 86_400;

    /// <summary>Whether <paramref name="schedule"/> means to be an <c>@every</c>.</summary>
    public static bool IsMeant(string schedule) =>
        schedule.StartsWith(Keyword, StringComparison.OrdinalIgnoreCase) && (schedule.Length == Keyword.Length || char.IsWhiteSpace(schedule[Keyword.Length]));

    /// <summary>The interval that <paramref name="schedule"/> says, in seconds; null when it says none. Parts are a number and a unit, larger units first: <c>1h30m</c>.</summary>
    public static long? SecondsOf(string schedule)
    {
        var rest = schedule.AsSpan(Keyword.Length).Trim();
        var total = 0L;
        var unitBefore = long.MaxValue;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9 || UnitOf(rest[digits]) is not { } unit || unit >= unitBefore)
            {
                return null;
            }

            total += long.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture) * unit;
            unitBefore = unit;
            rest = rest[(digits + 1)..];
        }

        return total is >= 1 and <= SecondsMax ? total : null;
    }

    /// <summary>The first moment after <paramref name="after"/>, both in seconds since 1970.</summary>
    public long Next(long after) => (Passed(after) + 1) * Seconds + Phase;

    /// <summary>How many moments lie after <paramref name="after"/> and not after <paramref name="through"/>.</summary>
    public long Count(long after, long through) => Math.Max(0, Passed(through) - Passed(after));

    // Moments until `time`, of which the one at the phase is number 0; before it, that is -1. No time is before 1970.
    private long Passed(long time) => (time - Phase + Seconds) / Seconds - 1;

    private static long? UnitOf(char unit) => unit switch
    {
        'd' or 'D' => 86_400,
        'h' or 'H' => 3_600,
        'm' or 'M' => 60,
        's' or 'S' => 1,
        _ => null,
    };
}
