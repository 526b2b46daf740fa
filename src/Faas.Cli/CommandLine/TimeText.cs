using System.Globalization;

namespace Faas.Cli.CommandLine;

/// <summary>Points of time as people write them: in a zone of their own, or as the clock of another one shows them.</summary>
internal static class TimeText
{
    private static readonly string[] OfDay = ["H:mm", "H:mm:ss"];

    private static readonly string[] Local =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss",
    ];

    private static readonly string[] Zoned =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK"];

    /// <summary>The next time after <paramref name="now"/> that <paramref name="text"/> means; null when it means none. Only one with a date can have passed.</summary>
    public static DateTimeOffset? Next(string text, DateTimeOffset now, TimeZoneInfo zone) =>
        ReadOfDay(text) is { } time
            ? Today(time, now, zone) is var today && today > now ? today : In(zone, DateOf(now, zone).AddDays(1) + time)
            : ReadDate(text, zone);

    /// <summary>The last time up to <paramref name="now"/> that <paramref name="text"/> means; null when it means none. Only one with a date can be to come.</summary>
    public static DateTimeOffset? Last(string text, DateTimeOffset now, TimeZoneInfo zone) =>
        ReadOfDay(text) is { } time
            ? Today(time, now, zone) is var today && today <= now ? today : In(zone, DateOf(now, zone).AddDays(-1) + time)
            : ReadDate(text, zone);

    private static TimeSpan? ReadOfDay(string text) =>
        TimeOnly.TryParseExact(text, OfDay, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToTimeSpan() : null;

    private static DateTimeOffset? ReadDate(string text, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return In(zone, local);
        }

        return DateTimeOffset.TryParseExact(text, Zoned, CultureInfo.InvariantCulture, DateTimeStyles.None, out var zoned) ? zoned : null;
    }

    private static DateTimeOffset Today(TimeSpan time, DateTimeOffset now, TimeZoneInfo zone) => In(zone, DateOf(now, zone) + time);

    private static DateTime DateOf(DateTimeOffset now, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(now, zone).Date;

    /// <summary>A time that clocks skip in spring is that of the clock before, so about an hour later; one that they show twice in autumn is the second.</summary>
    private static DateTimeOffset In(TimeZoneInfo zone, DateTime local) => new(local, zone.GetUtcOffset(local));
}
