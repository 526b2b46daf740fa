using System.Globalization;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;

namespace Faas.Cli.Output;

/// <summary>Log lines as people read them.</summary>
internal static class LogText
{
    /// <summary>Fields that say again when the line was written.</summary>
    private static readonly string[] Times = ["time", "timestamp", "ts", "@t", "@timestamp"];

    /// <summary>The line with its time, invocation and stream.</summary>
    public static string Format(LogLine line)
    {
        var invocation = string.IsNullOrEmpty(line.InvocationId) ? "-" : line.InvocationId;
        return $"{Time(line)} {invocation} {Rest(line)}";
    }

    /// <summary>The same where it is clear which invocation wrote it.</summary>
    public static string FormatOfOne(LogLine line) => $"{Time(line)} {Rest(line)}";

    private static string Time(LogLine line) => line.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Rest(LogLine line) => $"{line.Stream,-6} {Text.WithoutControls(line.Message is null ? line.Text : Structured(line))}{(line.GoesOn == true ? " [goes on]" : "")}";

    /// <summary><c>WARN message key=value</c> of a line that was JSON.</summary>
    private static string Structured(LogLine line)
    {
        var text = new StringBuilder();
        if (line.Level is { } level)
        {
            text.Append(level.ToString().ToUpperInvariant()).Append(' ');
        }

        text.Append(line.Message);
        foreach (var (name, value) in line.Fields ?? new Dictionary<string, JsonElement>())
        {
            if (!Times.Contains(name))
            {
                text.Append(' ').Append(name).Append('=').Append(Value(value));
            }
        }

        return text.ToString();
    }

    /// <summary>Text as it is where that is clear, everything else as JSON.</summary>
    private static string Value(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '"' or '=') ? text : value.GetRawText();
}
