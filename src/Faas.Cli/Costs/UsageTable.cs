using System.Globalization;
using System.Text;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Costs;

/// <summary>Usage as a table, as CSV, or with bars.</summary>
internal static class UsageTable
{
    private const int BarWidth = 30;

    /// <summary>A row for each, the most expensive first unless time is among what they are told apart by; and the sum.</summary>
    public static void Print(VerbContext context, UsageReport report, IReadOnlyList<UsageKey> by, bool hasBars)
    {
        var rows = by.Any(IsTime) ? report.Rows : [.. report.Rows.OrderByDescending(row => row.Totals.Cost)];
        var most = rows.Select(row => row.Totals.Cost).DefaultIfEmpty().Max();
        var table = new TextTable([.. by.Select(HeaderOf), "invocations", "errors", "billed time", "GiB-s", "CPU", "peak", "out", $"cost {report.Total.Currency}", hasBars ? "" : "share"])
        {
            Dispensable = ["out", "GiB-s", "errors", "billed time", "peak", "CPU"],
        };
        foreach (var row in rows)
        {
            table.Add([.. by.Select(key => ValueOf(row, key)), .. FiguresOf(row.Totals), hasBars ? BarOf(row.Totals.Cost, most) : Text.Percent(ShareOf(row.Totals.Cost, report.Total.Cost))]);
        }

        if (rows.Count > 1)
        {
            table.Add([.. by.Select((_, at) => at == 0 ? "total" : ""), .. FiguresOf(report.Total), ""]);
        }

        table.Print(context.Terminal);
    }

    /// <summary>A line for each row, RFC 4180: numbers in full, times in UTC.</summary>
    public static string ToCsv(UsageReport report, IReadOnlyList<UsageKey> by)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', [.. by.Select(key => IsTime(key) ? "start" : HeaderOf(key)), "invocations", "billed", "errors", "coldStarts", "billedMs", "giBSeconds", "cpuSeconds", "peakKiB", "bytesIn", "bytesOut", "cost", "currency"]).Append("\r\n");
        foreach (var row in report.Rows)
        {
            var totals = row.Totals;
            text.AppendJoin(
                ',',
                [
                    .. by.Select(key => Quoted(IsTime(key) ? row.Start!.Value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : key == UsageKey.Namespace ? row.Namespace! : ValueOf(row, key))),
                    .. new IFormattable[] { totals.Invocations, totals.Billed, totals.Errors, totals.ColdStarts, totals.BilledMs, totals.GiBSeconds, totals.CpuSeconds, totals.PeakKiB, totals.BytesIn, totals.BytesOut, totals.Cost }
                        .Select(number => number.ToString(null, CultureInfo.InvariantCulture)),
                    totals.Currency,
                ]).Append("\r\n");
        }

        return text.ToString();
    }

    private static bool IsTime(UsageKey key) => key is UsageKey.Day or UsageKey.Hour or UsageKey.Minute;

    private static string HeaderOf(UsageKey key) => key.ToString().ToLowerInvariant();

    private static string ValueOf(UsageRow row, UsageKey key) => key switch
    {
        UsageKey.Function => row.Function ?? "",
        UsageKey.Namespace => row.Namespace is { Length: > 0 } name ? name : "(none)",
        UsageKey.Revision => row.Revision ?? "",
        UsageKey.Outcome => row.Outcome is null or InvocationError.None ? "ok" : row.Outcome.ToString()!,
        UsageKey.Price => row.Price?.ToString(CultureInfo.InvariantCulture) ?? "",
        UsageKey.Day => row.Start?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
        _ => row.Start?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "",
    };

    private static IEnumerable<string> FiguresOf(UsageTotals totals) =>
    [
        Text.Number(totals.Invocations), Text.Number(totals.Errors), Text.Duration(TimeSpan.FromMilliseconds(totals.BilledMs)), totals.GiBSeconds.ToString("N2", CultureInfo.InvariantCulture),
        totals.CpuSeconds == 0 ? "-" : Text.Duration(TimeSpan.FromSeconds(totals.CpuSeconds)), totals.PeakKiB == 0 ? "-" : Text.Bytes(totals.PeakKiB * 1024), Text.Bytes(totals.BytesOut), Text.Cost(totals.Cost),
    ];

    private static double? ShareOf(decimal cost, decimal all) => all == 0 ? null : (double)(cost / all);

    private static string BarOf(decimal cost, decimal most)
    {
        // In eighths of a character, so that what is small is still seen.
        var eighths = most == 0 ? 0 : (int)Math.Ceiling(cost / most * BarWidth * 8);
        return new string('█', eighths / 8) + (eighths % 8 > 0 ? ((char)('█' + 8 - (eighths % 8))).ToString() : "");
    }

    private static string Quoted(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : '"' + value.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
