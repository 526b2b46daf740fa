using System.Globalization;

namespace Faas.Contracts.Invocations;

/// <summary>Reads delays as callers write them.</summary>
public static class DelayText
{
    /// <summary>Reads <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, <c>500ms</c> or a bare number of seconds; not negative, at most ten years.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan delay)
    {
        text = text.Trim();
        var digits = text.LastIndexOfAnyInRange('0', '9') + 1;
        var seconds = text[digits..] switch
        {
            "ms" => 0.001,
            "" or "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => double.NaN,
        };
        delay = default;
        if (!double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || !(number * seconds is >= 0 and <= 315_360_000))
        {
            return false;
        }

        delay = TimeSpan.FromSeconds(number * seconds);
        return true;
    }
}
