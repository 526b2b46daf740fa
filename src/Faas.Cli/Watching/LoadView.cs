using System.Globalization;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Watching;

/// <summary>A reading of the load as lines of text: the machine, then its functions.</summary>
/// <param name="NamePart">Only functions whose name contains it; null for all.</param>
/// <param name="Order">What they are sorted by.</param>
internal sealed record LoadView(string? NamePart, FunctionOrder Order)
{
    /// <summary>The machine's lines, an empty one, the table's header and the line that counts what is not shown.</summary>
    private const int OtherLines = 7;

    private static readonly string[] Headers = ["function", "req/s", "running", "waiting", "instances", "ms/run", "cold", "memory", "decided", "last decision"];

    /// <summary>Columns that give way on a narrow terminal; the one that is sorted by is the last of them.</summary>
    private IReadOnlyList<string> Dispensable
    {
        get
        {
            string[] columns = ["memory", "ms/run", "decided", "cold", "running", "last decision"];
            var sortedBy = Order switch
            {
                FunctionOrder.Cold => "cold",
                FunctionOrder.Memory => "memory",
                _ => "",
            };
            return [.. columns.OrderBy(column => column == sortedBy)];
        }
    }

    /// <summary>Whether the function's name contains <paramref name="part"/>, in any case; null for any function.</summary>
    public static bool IsNamed(FunctionSummary function, string? part) => part is null || function.Name.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <param name="change">What is shown.</param>
    /// <param name="now">For how long ago decisions were made.</param>
    /// <param name="size">The terminal's columns and rows; null when all is shown, however long it is.</param>
    public IReadOnlyList<ViewLine> Lines(LoadChange change, DateTimeOffset now, (int Columns, int Rows)? size)
    {
        var all = change.Functions(NamePart, Order);
        var shown = size is { Rows: var rows } && all.Count > rows - OtherLines + 1 ? [.. all.Take(Math.Max(1, rows - OtherLines))] : all;
        var lines = LoadHeader.Lines(change).Select(text => new ViewLine(text, ViewTone.Plain)).Append(new ViewLine("", ViewTone.Plain)).ToList();
        if (all.Count == 0)
        {
            lines.Add(new ViewLine(change.Now.Functions.Count == 0 ? "There are no functions yet." : $"No function's name contains '{Text.Shorten(NamePart!)}'.", ViewTone.Faint));
            return Cut(lines, size);
        }

        var table = ToTable(shown, now).ToLines(size?.Columns);
        lines.Add(new ViewLine(table[0], ViewTone.Header));
        lines.AddRange(shown.Select((activity, index) => new ViewLine(table[index + 1], ToneOf(activity.Function))));
        if (shown.Count < all.Count)
        {
            lines.Add(new ViewLine($"... and {all.Count - shown.Count} more (faas list)", ViewTone.Faint));
        }

        return Cut(lines, size);
    }

    private TextTable ToTable(IReadOnlyList<FunctionActivity> functions, DateTimeOffset now)
    {
        var table = new TextTable(Headers) { Dispensable = Dispensable, Elastic = "last decision" };
        foreach (var activity in functions)
        {
            var (function, load) = (activity.Function, activity.Function.Load);
            var decision = load.LastDecision;
            table.Add(
                function.Name, Figure(activity.Rate), Text.Number((long)load.InFlight), Text.Number((long)load.Waiting), FunctionFigures.Instances(function),
                Figure(load.RunMs > 0 ? load.RunMs : null), Text.Percent(activity.ColdShare), Text.MiB(activity.MemoryMiB),
                decision is null ? "-" : Text.Age(now - decision.At), decision is null ? "-" : Describe(decision));
        }

        return table;
    }

    private static string Describe(ScalingDecision decision) => $"{decision.Action}{(decision.Times > 1 ? $" x{decision.Times}" : "")}: {decision.Reason}";

    private static string Figure(double? number) => number switch
    {
        null => "-",
        0 => "0",
        < 9.95 => number.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Text.Number((long)Math.Round(number.Value)),
    };

    private static ViewTone ToneOf(FunctionSummary function) =>
        function.State == "failing" ? ViewTone.Failing
        : function.Load.Waiting > 0 ? ViewTone.Waiting
        : function.Instances == 0 ? ViewTone.Faint
        : ViewTone.Plain;

    private static List<ViewLine> Cut(List<ViewLine> lines, (int Columns, int Rows)? size) =>
        size is null ? lines : [.. lines.Take(size.Value.Rows).Select(line => line with { Text = Text.Shorten(line.Text, size.Value.Columns) })];
}

/// <summary>One line of a view.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Tone">How it looks where there are colours.</param>
internal sealed record ViewLine(string Text, ViewTone Tone);

/// <summary>How a line looks where there are colours.</summary>
internal enum ViewTone
{
    /// <summary>As text is.</summary>
    Plain,

    /// <summary>The columns' names.</summary>
    Header,

    /// <summary>Nothing goes on there.</summary>
    Faint,

    /// <summary>Requests wait.</summary>
    Waiting,

    /// <summary>Something is wrong.</summary>
    Failing,
}
