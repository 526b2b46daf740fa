using System.Globalization;
using Faas.Cli.CommandLine;
using Faas.Cli.Manifest;
using Faas.Cli.Output;

namespace Faas.Cli.Costs;

/// <summary>
/// The time that costs are asked for: <c>--since</c> and <c>--until</c> are a day (<c>2026-11-01</c>), a moment (<c>2026-11-30T12:00</c>, UTC unless it says otherwise) or how long ago
/// (<c>90m</c>, <c>24h</c>, <c>30d</c>). How long ago is rounded down to whole minutes, hours or days, as it was written, because usage is added up by them.
/// </summary>
internal static class CostTime
{
    private const string Expected = "like 30d, 24h, 90m, 2026-11-01 or 2026-11-30T12:00";

    /// <summary>The first moment that counts; the month's first day when nothing is given.</summary>
    public static DateTimeOffset From(string? since, DateTimeOffset now) =>
        since is null ? new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero) : Parse("--since", since, now, roundsUp: false);

    /// <summary>The first moment after; the end of today (UTC) when nothing is given.</summary>
    public static DateTimeOffset To(string? until, DateTimeOffset now) =>
        until is null ? new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero) : Parse("--until", until, now, roundsUp: true);

    /// <summary>Whether a day (UTC) begins then.</summary>
    public static bool IsMidnight(DateTimeOffset at) => at.UtcTicks % TimeSpan.TicksPerDay == 0;

    private static DateTimeOffset Parse(string option, string text, DateTimeOffset now, bool roundsUp)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).AddDays(roundsUp ? 1 : 0);
        }

        if (Quantities.TryParseDuration(text, out var ago) && ago > TimeSpan.Zero && ago < now - DateTimeOffset.UnixEpoch)
        {
            return Floor(now - ago, StepOf(text));
        }

        return text.Contains('-', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? Floor(at, TimeSpan.FromMinutes(1))
            : throw new CliException(ExitCode.Usage, $"{option} '{Text.Shorten(text, 40)}' is no time; it is {Expected}.");
    }

    private static TimeSpan StepOf(string text) => text.TrimEnd()[^1] switch
    {
        'd' => TimeSpan.FromDays(1),
        'h' => TimeSpan.FromHours(1),
        _ => TimeSpan.FromMinutes(1),
    };

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan step) => at.ToUniversalTime().AddTicks(-(at.UtcTicks % step.Ticks));
}
