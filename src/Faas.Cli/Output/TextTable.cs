using Spectre.Console;

namespace Faas.Cli.Output;

/// <summary>
/// A table on stdout: drawn on a terminal, where columns that may be missing give way to its width; else columns padded with spaces, never cut or left
/// out, one row a line, so that scripts can read it.
/// </summary>
internal sealed class TextTable(params IReadOnlyList<string> headers)
{
    /// <summary>What the frame adds to each column, and once more at the end.</summary>
    private const int FrameWidth = 3;

    private readonly List<string[]> _rows = [];

    /// <summary>Columns that a narrow terminal does without, the first of them first.</summary>
    public IReadOnlyList<string> Dispensable { get; init; } = [];

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => cell.ReplaceLineEndings(" "))]);

    public void Print(Terminal terminal)
    {
        if (Console.IsOutputRedirected)
        {
            PrintPlain(Console.Out);
        }
        else
        {
            PrintDrawn(terminal.Out);
        }
    }

    internal void PrintPlain(TextWriter output)
    {
        var hasHeaders = headers.Any(header => header.Length > 0);
        string[][] lines = [.. hasHeaders ? [[.. headers.Select(header => header.ToUpperInvariant())]] : Array.Empty<string[]>(), .. _rows];
        if (lines.Length == 0)
        {
            return;
        }

        var widths = Enumerable.Range(0, headers.Count).Select(column => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
        {
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    private void PrintDrawn(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        table.ShowHeaders = headers.Any(header => header.Length > 0);
        var shown = Fitting(console.Profile.Width);
        foreach (var column in shown)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(headers[column])}[/]")));
        }

        foreach (var row in _rows)
        {
            table.AddRow(shown.Select(column => new Markup(Colour(row[column]))));
        }

        console.Write(table);
    }

    private List<int> Fitting(int width)
    {
        List<int> shown = [.. Enumerable.Range(0, headers.Count)];
        foreach (var name in Dispensable)
        {
            if (shown.Sum(column => WidthOf(column) + FrameWidth) + 1 <= width)
            {
                break;
            }

            shown.RemoveAll(column => headers[column] == name);
        }

        return shown;
    }

    private int WidthOf(int column) => _rows.Select(row => row[column].Length).Append(headers[column].Length).Max();

    /// <summary>Words that a state column holds get their colour; everything else is printed as it is.</summary>
    private static string Colour(string cell) => cell switch
    {
        "ready" or "found" or "created" or "updated" => $"[green]{cell}[/]",
        "failing" or "refused" or "failed" or "missing" => $"[red]{cell}[/]",
        "idle" or "unchanged" => $"[grey]{cell}[/]",
        "starting" or "deleting" or "draining" => $"[yellow]{cell}[/]",
        _ => Markup.Escape(cell),
    };
}
