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

    /// <summary>Memory of a machine or of instances.</summary>
    public static string MiB(long mib) => mib < 1024 ? $"{mib} MiB" : (mib / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " GiB";

    /// <summary>A share of one as percent: finer where it is small, and never 0% for what is more than nothing. <c>-</c> when it is not known.</summary>
    public static string Percent(double? share) => share switch
    {
        null => "-",
        0 => "0%",
        < 0.001 => "<0.1%",
        < 0.0995 => (share.Value * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%",
        < 1 => Math.Min(99, Math.Round(share.Value * 100)).ToString("0", CultureInfo.InvariantCulture) + "%",
        _ => (share.Value * 100).ToString("0", CultureInfo.InvariantCulture) + "%",
    };

    /// <summary>How long ago something was, in one unit. The clock that saw it may be another machine's, so what is in the future is now.</summary>
    public static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        < 1 => "now",
        < 120 => $"{(int)age.TotalSeconds} s ago",
        < 7200 => $"{(int)age.TotalMinutes} min ago",
        < 172_800 => $"{(int)age.TotalHours} h ago",
        _ => $"{(int)age.TotalDays} days ago",
    };

    /// <summary>How long it is until something, in one unit; <c>now</c> for what is due.</summary>
    public static string Until(TimeSpan time) => time.TotalSeconds switch
    {
        <= 0 => "now",
        < 120 => $"in {Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s",
        < 7200 => $"in {(int)time.TotalMinutes} min",
        < 172_800 => $"in {(int)time.TotalHours} h",
        _ => $"in {(int)time.TotalDays} days",
    };

    /// <summary>What others wrote must not be able to move the cursor or retitle the window of whoever reads it; tabs are harmless.</summary>
    public static string WithoutControls(string text) => text.Any(IsHarmful) ? string.Concat(text.Select(c => IsHarmful(c) ? '\uFFFD' : c)) : text;

    public static string Cost(decimal cost) => cost.ToString("0.00000000", CultureInfo.InvariantCulture);

    public static string Number(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary><paramref name="count"/> and the noun, with an s unless it is one.</summary>
    public static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static bool IsHarmful(char c) => char.IsControl(c) && c != '\t';
}
