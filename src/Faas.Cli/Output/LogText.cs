using System.Globalization;
using Faas.Contracts.Api;

namespace Faas.Cli.Output;

/// <summary>Log lines as people read them.</summary>
internal static class LogText
{
    /// <summary>The line with its time, invocation and stream.</summary>
    public static string Format(LogLine line)
    {
        var invocation = string.IsNullOrEmpty(line.InvocationId) ? "-" : line.InvocationId;
        return $"{Time(line)} {invocation} {Rest(line)}";
    }

    /// <summary>The same where it is clear which invocation wrote it.</summary>
    public static string FormatOfOne(LogLine line) => $"{Time(line)} {Rest(line)}";

    private static string Time(LogLine line) => line.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Rest(LogLine line) => $"{line.Stream,-6} {Text.WithoutControls(line.Text)}";
}
