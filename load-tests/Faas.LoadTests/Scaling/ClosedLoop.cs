using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Faas.LoadTests.Scaling;

/// <summary>What wrk says: callers that send their next request when they have the answer to the last one.</summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Ms">Half of the answers came within.</param>
/// <param name="P99Ms">99 of 100 answers came within.</param>
/// <param name="Failed">Answers that were not 2xx or 3xx, and requests without one.</param>
internal sealed partial record ClosedLoop(double PerSecond, double P50Ms, double P99Ms, int Failed)
{
    /// <summary>wrk's own limit, above the platform's longest wait of 30 s: what the platform answers late is late, not lost.</summary>
    private const int TimeoutSeconds = 35;

    public static async Task<ClosedLoop> RunAsync(string url, int connections, TimeSpan duration, CancellationToken cancellationToken)
    {
        string[] arguments = ["-t1", $"-c{connections}", $"-d{duration.TotalSeconds}s", "--timeout", $"{TimeoutSeconds}s", "--latency", url];
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        try
        {
            var output = await wrk.StandardOutput.ReadToEndAsync(cancellationToken);
            await wrk.WaitForExitAsync(cancellationToken);
            return wrk.ExitCode == 0 ? Parse(output) : throw new InvalidOperationException($"wrk ended with {wrk.ExitCode}: {output}");
        }
        catch (OperationCanceledException)
        {
            wrk.Kill();
            throw;
        }
    }

    private static ClosedLoop Parse(string output) => new(
        Number(Rate().Match(output).Groups[1].Value),
        Milliseconds(Median().Match(output)),
        Milliseconds(Ninetynine().Match(output)),
        Errors().Matches(output).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));

    private static double Milliseconds(Match match) => Number(match.Groups[1].Value) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, "s" => 1000, _ => 60_000 };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"50%\s+([\d.]+)(us|ms|s|m)")]
    private static partial Regex Median();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s|m)")]
    private static partial Regex Ninetynine();

    // "Non-2xx or 3xx responses: 5" and "Socket errors: connect 0, read 0, write 0, timeout 0".
    [GeneratedRegex(@"(?:responses:|connect|read|write|timeout) (\d+)")]
    private static partial Regex Errors();
}
