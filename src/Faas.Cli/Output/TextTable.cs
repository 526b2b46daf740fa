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

    /// <summary>What is between columns without a frame.</summary>
    private const int GapWidth = 2;

    /// <summary>The elastic column gets at least this, before others are left out for it.</summary>
    private const int ElasticWidthMin = 24;

    /// <summary>Where rows must stay one line, no other cell is wider than this.</summary>
    private const int CellWidthMax = 32;

    private readonly List<string[]> _rows = [];

    /// <summary>Columns that a narrow terminal does without, the first of them first.</summary>
    public IReadOnlyList<string> Dispensable { get; init; } = [];

    /// <summary>The column that makes do with what the others leave of a terminal's width: it wraps in a frame, and is shortened where a row is one line.</summary>
    public string? Elastic { get; init; }

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(cell => Text.WithoutControls(cell.ReplaceLineEndings(" ")))]);

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

    /// <summary>The headers and the rows, each a line without a frame; of all columns, and nothing is cut, when <paramref name="width"/> is null.</summary>
    public IReadOnlyList<string> ToLines(int? width)
    {
        var hasHeaders = headers.Any(header => header.Length > 0);
        string[][] lines = [.. hasHeaders ? [[.. headers.Select(header => header.ToUpperInvariant())]] : Array.Empty<string[]>(), .. _rows];
        var shown = Fitting(width ?? int.MaxValue, GapWidth, CellWidthMax);
        var widths = shown.ToDictionary(column => column, column => WidthOf(column, width is null ? int.MaxValue : CellWidthMax));
        if (width is { } available && shown.FindIndex(column => headers[column] == Elastic) is >= 0 and var at)
        {
            var others = shown.Where(column => column != shown[at]).Sum(column => widths[column] + GapWidth);
            widths[shown[at]] = Math.Max(ElasticWidthMin, Math.Min(available - others, WidthOf(shown[at], int.MaxValue)));
        }

        return [.. lines
            .Select(line => string.Join(new string(' ', GapWidth), shown.Select(column => Text.Shorten(line[column], widths[column]).PadRight(widths[column]))).TrimEnd())
            .Select(line => Text.Shorten(line, width ?? int.MaxValue))];
    }

    internal void PrintPlain(TextWriter output)
    {
        foreach (var line in ToLines(width: null))
        {
            output.WriteLine(line);
        }
    }

    private void PrintDrawn(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        table.ShowHeaders = headers.Any(header => header.Length > 0);
        var shown = Fitting(console.Profile.Width - 1, FrameWidth, int.MaxValue);
        foreach (var column in shown)
        {
            // With an elastic column the others keep their words whole.
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(headers[column])}[/]")) { NoWrap = Elastic is not null && headers[column] != Elastic });
        }

        foreach (var row in _rows)
        {
            table.AddRow(shown.Select(column => new Markup(Colour(row[column]))));
        }

        console.Write(table);
    }

    /// <summary>The columns that are shown, when each takes <paramref name="between"/> besides its cells.</summary>
    private List<int> Fitting(int width, int between, int cellMax)
    {
        List<int> shown = [.. Enumerable.Range(0, headers.Count)];
        foreach (var name in Dispensable)
        {
            if (shown.Sum(column => WidthOf(column, headers[column] == Elastic ? ElasticWidthMin : cellMax) + between) <= width)
            {
                break;
            }

            shown.RemoveAll(column => headers[column] == name);
        }

        return shown;
    }

    private int WidthOf(int column, int max) => Math.Min(max, _rows.Select(row => row[column].Length).Append(headers[column].Length).Max());

    /// <summary>Words that a state column holds get their colour; everything else is printed as it is.</summary>
    private static string Colour(string cell) => cell switch
    {
        "ready" or "busy" or "found" or "created" or "updated" or "running" or "succeeded" => $"[green]{cell}[/]",
        "failing" or "refused" or "failed" or "missing" or "dead letter" => $"[red]{cell}[/]",
        "idle" or "unchanged" or "cancelled" => $"[grey]{cell}[/]",
        "frozen" => $"[blue]{cell}[/]",
        "starting" or "thawing" or "deleting" or "draining" => $"[yellow]{cell}[/]",
        _ => Markup.Escape(cell),
    };
}
