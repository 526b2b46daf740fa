using System.Globalization;

namespace Faas.Cli.Output;

/// <summary>Values as people read them. Always the invariant culture, so that scripts read them too.</summary>
internal static class Text
{
    public static string Shorten(string text, int lengthMax = 80) =>
        text.Length <= lengthMax ? text : string.Concat(text.AsSpan(0, lengthMax - 3), "...");

    public static string FirstLine(string? text) => text?.Split('\n', 2)[0].TrimEnd() ?? "";

    public static string Duration(TimeSpan span) => span.TotalMilliseconds switch
    {
        < 10 => span.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        < 1000 => span.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms",
        < 60_000 => span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 3_600_000 => $"{(int)span.TotalMinutes}m{span.Seconds:00}s",
        < 86_400_000 => $"{(int)span.TotalHours}h{span.Minutes:00}m",
        _ => $"{(int)span.TotalDays}d{span.Hours:00}h",
    };

    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => bytes.ToString(CultureInfo.InvariantCulture) + " B",
        < 1024 * 1024 => (bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " KiB",
        _ => (bytes / 1024.0 / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " MiB",
    };

    public static string Cost(decimal cost) => cost.ToString("0.00000000", CultureInfo.InvariantCulture);

    public static string Number(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary><paramref name="count"/> and the noun, with an s unless it is one.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
