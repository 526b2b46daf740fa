using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Invoking;

/// <summary>Reads points of time as people write them for <c>--at</c>.</summary>
internal static class DueTime
{
    /// <summary>As long as the platform could delay anything.</summary>
    private static readonly TimeSpan DelayMax = TimeSpan.FromDays(3650);

    private static readonly string[] OfDay = ["H:mm", "H:mm:ss"];

    private static readonly string[] Local =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss",
    ];

    private static readonly string[] Zoned =
        ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK"];

    /// <summary>How long it is until <paramref name="text"/>: an ISO time, or the next time that a clock in <paramref name="zone"/> shows <c>HH:MM</c>.</summary>
    /// <exception cref="CliException">It is no time, or one that has passed.</exception>
    public static TimeSpan DelayUntil(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        var due = Parse(text.Trim(), now, zone) ?? throw new CliException(
            ExitCode.Usage, $"'{Text.Shorten(text)}' is no time for --at; write it like 18:30, 2030-01-31T18:30 or 2030-01-31T18:30:00Z.");
        var delay = due - now;
        return delay > TimeSpan.Zero && delay <= DelayMax
            ? delay
            : throw new CliException(ExitCode.Usage, delay > DelayMax
                ? $"{Text.Time(due)} is more than ten years away."
                : $"{Text.Time(due)} has passed; --at takes a time to come, and without it the invocation runs at once.");
    }

    private static DateTimeOffset? Parse(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (TimeOnly.TryParseExact(text, OfDay, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            var today = TimeZoneInfo.ConvertTime(now, zone).Date;
            var due = In(zone, today + time.ToTimeSpan());
            return due > now ? due : In(zone, today.AddDays(1) + time.ToTimeSpan());
        }

        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return In(zone, local);
        }

        return DateTimeOffset.TryParseExact(text, Zoned, CultureInfo.InvariantCulture, DateTimeStyles.None, out var zoned) ? zoned : null;
    }

    /// <summary>A time that clocks skip in spring is that of the clock before, so about an hour later; one that they show twice in autumn is the second.</summary>
    private static DateTimeOffset In(TimeZoneInfo zone, DateTime local) => new(local, zone.GetUtcOffset(local));
}
