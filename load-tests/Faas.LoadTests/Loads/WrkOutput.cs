using System.Globalization;
using System.Text.RegularExpressions;

namespace Faas.LoadTests.Loads;

/// <summary>
/// Reads what <c>wrk --latency</c> prints. Patterns are anchored at both ends of their line: <c>99%</c> alone would also be found in the
/// <c>92.99%</c> of its deviations.
/// </summary>
internal static partial class WrkOutput
{
    public static LoadResult Parse(string output)
    {
        var failed = 0;
        var failures = new List<string>();
        foreach (Match line in Failures().Matches(output))
        {
            failed += Count().Matches(line.Value).Sum(count => int.Parse(count.Value, CultureInfo.InvariantCulture));
            failures.Add(line.Value.Trim());
        }

        return new LoadResult(
            long.Parse(Found(Requests(), output).Groups[1].Value, CultureInfo.InvariantCulture),
            Number(Found(Rate(), output).Groups[1].Value),
            Milliseconds(Found(Median(), output)),
            Milliseconds(Found(Ninetynine(), output)),
            failed)
        {
            Failure = failures.Count > 0 ? string.Join("; ", failures) : null,
        };
    }

    private static Match Found(Regex pattern, string output) =>
        pattern.Match(output) is { Success: true } match ? match : throw new InvalidOperationException($"wrk printed no line like {pattern}: {output}");

    private static double Milliseconds(Match match) =>
        Number(match.Groups[1].Value) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, "s" => 1000, "m" => 60_000, _ => 3_600_000 };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ *(\d+) requests in [\d.]+\w+, [\d.]+\w* read$", RegexOptions.Multiline)]
    private static partial Regex Requests();

    [GeneratedRegex(@"^Requests/sec: +([\d.]+)$", RegexOptions.Multiline)]
    private static partial Regex Rate();

    [GeneratedRegex(@"^ *50% +([\d.]+)(us|ms|s|m|h) *$", RegexOptions.Multiline)]
    private static partial Regex Median();

    [GeneratedRegex(@"^ *99% +([\d.]+)(us|ms|s|m|h) *$", RegexOptions.Multiline)]
    private static partial Regex Ninetynine();

    [GeneratedRegex(@"^ *(?:Non-2xx or 3xx responses: \d+|Socket errors: connect \d+, read \d+, write \d+, timeout \d+)$", RegexOptions.Multiline)]
    private static partial Regex Failures();

    // Not the digits of "2xx" and "3xx".
    [GeneratedRegex(@"(?<= )\d+(?=,|$)", RegexOptions.Multiline)]
    private static partial Regex Count();
}
