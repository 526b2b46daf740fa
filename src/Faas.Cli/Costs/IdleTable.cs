using System.Globalization;
using System.Text;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Costs;

/// <summary>Memory that was allotted while nothing ran, as a table or as CSV.</summary>
internal static class IdleTable
{
    /// <summary>What the platform's own row is called, which has no function.</summary>
    private const string Platform = "(platform)";

    /// <summary>A row for each, those with most idle memory first unless days are told apart; and the sum.</summary>
    public static void Print(VerbContext context, IdleReport report)
    {
        var hasDays = report.Rows.Any(row => row.Day is not null);
        var rows = hasDays ? report.Rows : [.. report.Rows.OrderByDescending(row => row.Warm + row.Frozen + row.Stems)];
        var table = new TextTable([.. hasDays ? (string[])["day"] : [], "function", "allotted GiB-s", "warm", "frozen", "stems", $"cost {report.Currency}"]) { Dispensable = ["allotted GiB-s"] };
        foreach (var row in rows)
        {
            table.Add([.. hasDays ? (string[])[$"{row.Day:yyyy-MM-dd}"] : [], row.Function.Length > 0 ? row.Function : Platform, .. FiguresOf(row)]);
        }

        if (rows.Count > 1)
        {
            table.Add([.. hasDays ? (string[])["total", ""] : ["total"], .. FiguresOf(report.Total)]);
        }

        table.Print(context.Terminal);
        Terminal.Note("GiB-seconds in which nothing ran: warm is awake less what invocations were billed for; stems wait for a function and are the platform's.");
    }

    /// <summary>A line for each row, RFC 4180: numbers in full. Names of functions need no quotes.</summary>
    public static string ToCsv(IdleReport report)
    {
        var hasDays = report.Rows.Any(row => row.Day is not null);
        var text = new StringBuilder(hasDays ? "day," : "").Append("function,allottedGiBSeconds,warmGiBSeconds,frozenGiBSeconds,stemGiBSeconds,cost,currency\r\n");
        foreach (var row in report.Rows)
        {
            text.Append(hasDays ? $"{row.Day:yyyy-MM-dd}," : "").Append(row.Function).Append(',')
                .AppendJoin(',', new IFormattable[] { row.Allotted, row.Warm, row.Frozen, row.Stems, row.Cost }.Select(number => number.ToString(null, CultureInfo.InvariantCulture)))
                .Append(',').Append(report.Currency).Append("\r\n");
        }

        return text.ToString();
    }

    private static IEnumerable<string> FiguresOf(IdleRow row) =>
        [.. new[] { row.Allotted, row.Warm, row.Frozen, row.Stems }.Select(seconds => seconds.ToString("N2", CultureInfo.InvariantCulture)), Text.Cost(row.Cost)];
}
