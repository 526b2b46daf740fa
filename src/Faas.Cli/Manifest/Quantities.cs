using System.Buffers;
using System.Globalization;

namespace Faas.Cli.Manifest;

/// <summary>Sizes and durations as people write them: <c>256MiB</c>, <c>1GiB</c>, <c>500ms</c>, <c>1m30s</c>.</summary>
internal static class Quantities
{
    private static readonly (string Suffix, double MiB)[] Sizes =
    [
        ("KiB", 1.0 / 1024), ("MiB", 1), ("GiB", 1024), ("MB", 1_000_000.0 / 1_048_576), ("GB", 1_000_000_000.0 / 1_048_576),
        ("Mi", 1), ("Gi", 1024), ("M", 1), ("G", 1024),
    ];

    private static readonly (string Suffix, double Milliseconds)[] Durations = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>MiB, rounded to the nearest. A number without a unit is MiB.</summary>
    public static bool TryParseMiB(string text, out int mib)
    {
        var compact = text.Replace(" ", "", StringComparison.Ordinal);
        var factor = 1.0;
        foreach (var (suffix, size) in Sizes)
        {
            if (compact.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                compact = compact[..^suffix.Length];
                factor = size;
                break;
            }
        }

        mib = 0;
        if (!TryParseNumber(compact, out var number) || number * factor > int.MaxValue)
        {
            return false;
        }

        mib = (int)Math.Round(number * factor);
        return true;
    }

    /// <summary>One or several numbers with units: <c>30s</c>, <c>1m30s</c>. A unit is needed: 30 could mean anything.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.Replace(" ", "", StringComparison.Ordinal).AsSpan();
        if (rest.IsEmpty)
        {
            return false;
        }

        var total = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !TryParseNumber(rest[..digits].ToString(), out var number))
            {
                return false;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(Digits);
            var unit = (letters < 0 ? rest : rest[..letters]).ToString();
            var factor = Durations.FirstOrDefault(candidate => candidate.Suffix == unit).Milliseconds;
            if (factor == 0)
            {
                return false;
            }

            total += number * factor;
            rest = letters < 0 ? [] : rest[letters..];
        }

        if (total > TimeSpan.FromDays(3650).TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    public static bool TryParseNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
