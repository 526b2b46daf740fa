using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Invoking;

/// <summary>Reads points of time as people write them for <c>--at</c>.</summary>
internal static class DueTime
{
    /// <summary>As long as the platform could delay anything.</summary>
    private static readonly TimeSpan DelayMax = TimeSpan.FromDays(3650);

    /// <summary>How long it is until <paramref name="text"/>: an ISO time, or the next time that a clock in <paramref name="zone"/> shows <c>HH:MM</c>.</summary>
    /// <exception cref="CliException">It is no time, or one that has passed.</exception>
    public static TimeSpan DelayUntil(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        var due = TimeText.Next(text.Trim(), now, zone) ?? throw new CliException(
            ExitCode.Usage, $"'{Text.Shorten(text)}' is no time for --at; write it like 18:30, 2030-01-31T18:30 or 2030-01-31T18:30:00Z.");
        var delay = due - now;
        return delay > TimeSpan.Zero && delay <= DelayMax
            ? delay
            : throw new CliException(ExitCode.Usage, delay > DelayMax
                ? $"{Text.Time(due)} is more than ten years away."
                : $"{Text.Time(due)} has passed; --at takes a time to come, and without it the invocation runs at once.");
    }
}
