using System.Globalization;

namespace Faas.Simulator;

/// <summary>
/// Reads a trace in the format of the Azure Functions traces: `*invocations*.csv` with a column for each minute, whose name is its number, and
/// `*memory*.csv` with the mean of the allocated MB. Memory is joined by function where the file names functions, else by app, as in the original
/// trace; a function without a row takes the median.
/// </summary>
internal static class TraceReader
{
    public static Trace Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new TraceException($"there is no folder {folder}");
        }

        var memory = new CsvTable(Find(folder, "memory"));
        var mean = memory.Require("AverageAllocatedMb");
        var (byFunction, byApp) = (MeansBy(memory, mean, "HashFunction"), MeansBy(memory, mean, "HashApp"));
        if (byFunction.Count + byApp.Count == 0)
        {
            throw new TraceException($"{memory.Name} has no rows with a column HashFunction or HashApp");
        }

        var means = (byFunction.Count > 0 ? byFunction : byApp).Values.Order().ToList();
        var median = means[means.Count / 2];

        var calls = new CsvTable(Find(folder, "invocations"));
        var (name, app) = (calls.Require("HashFunction"), calls.Find("HashApp"));
        var minutes = calls.Header.Select((column, place) => (column, place)).Where(c => int.TryParse(c.column, CultureInfo.InvariantCulture, out _)).Select(c => c.place).ToArray();
        if (minutes.Length == 0)
        {
            throw new TraceException($"{calls.Name} has no column for a minute (480, 481, ...)");
        }

        var functions = new List<TraceFunction>();
        foreach (var row in calls.Rows())
        {
            var mib = byFunction.TryGetValue(row[name], out var own) ? own : app >= 0 && byApp.TryGetValue(row[app], out var apps) ? apps : median;
            functions.Add(new TraceFunction(row[name], mib, [.. minutes.Select(place => (int)Number(row[place], calls.Name))]));
        }

        return functions.Count > 0 ? new Trace(functions, minutes.Length) : throw new TraceException($"{calls.Name} has no rows");
    }

    // The first by name where there are several, such as one for each day.
    private static string Find(string folder, string what) =>
        Directory.EnumerateFiles(folder, "*.csv").Where(path => Path.GetFileName(path).Contains(what, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).FirstOrDefault()
        ?? throw new TraceException($"there is no *{what}*.csv in {folder}");

    private static Dictionary<string, double> MeansBy(CsvTable memory, int mean, string column)
    {
        var key = memory.Find(column);
        return key < 0 ? [] : memory.Rows().GroupBy(row => row[key]).ToDictionary(rows => rows.Key, rows => rows.Average(row => Number(row[mean], memory.Name)));
    }

    private static double Number(string cell, string file) =>
        cell.Length == 0 ? 0
        : double.TryParse(cell, CultureInfo.InvariantCulture, out var number) && number >= 0 && number < int.MaxValue ? number
        : throw new TraceException($"{file} has '{cell}' where a number is expected");
}
