using System.Text;
using System.Text.Json;

namespace Faas.Contracts.Functions;

/// <summary>The shape of a <see cref="CronSpec"/>, as far as it can be told without a parser of cron; the controller parses it for good.</summary>
internal static class CronSpecRules
{
    private const int ScheduleCharactersMax = 200;
    private const int PayloadBytesMax = 64 * 1024;

    /// <summary>Tells <paramref name="require"/> (whether it holds, field, sentence) about each rule; <paramref name="field"/> is the trigger's place in the manifest.</summary>
    public static void Check(CronSpec spec, string field, Action<bool, string, string> require)
    {
        require(HasShape(spec.Schedule), $"{field}.schedule",
            $"'{Shorten(spec.Schedule)}' is not a schedule; write five fields like '0 8 * * MON-FRI', six with seconds first, '@daily' or '@every 5m'");
        require(spec.TimeZone is { Length: > 0 } && TimeZoneInfo.TryFindSystemTimeZoneById(spec.TimeZone, out _), $"{field}.timeZone",
            $"'{Shorten(spec.TimeZone)}' is not a time zone; use a name like Europe/Berlin or UTC");
        require(Enum.IsDefined(spec.Overlap), $"{field}.overlap", "'overlap' must be skip, queue or allow");
        require(Enum.IsDefined(spec.CatchUp), $"{field}.catchUp", "'catchUp' must be none, last or all");
        require(spec.CatchUpMax is >= 1 and <= 1000, $"{field}.catchUpMax", $"'catchUpMax' was {spec.CatchUpMax}; must be 1 to 1,000");
        require(spec.Jitter >= TimeSpan.Zero && spec.Jitter <= TimeSpan.FromHours(1), $"{field}.jitter", $"'jitter' was {spec.Jitter}; must be 0s to 1h");
        require(spec.Payload is null || IsJson(spec.Payload), $"{field}.payload", "'payload' must be JSON of at most 64 KiB");
    }

    private static bool HasShape(string? schedule) =>
        schedule is { Length: > 0 and <= ScheduleCharactersMax }
        && (schedule.TrimStart().StartsWith('@') || schedule.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length is 5 or 6);

    private static bool IsJson(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > PayloadBytesMax)
        {
            return false;
        }

        try
        {
            using var parsed = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Shorten(string? text) => text is null ? "" : text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");
}
