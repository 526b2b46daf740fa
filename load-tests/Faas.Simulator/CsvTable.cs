namespace Faas.Simulator;

/// <summary>A CSV file without quoted cells, which traces have none of. Rows are read one at a time.</summary>
internal sealed class CsvTable
{
    private readonly string _path;

    public CsvTable(string path)
    {
        _path = path;
        Header = [.. (File.ReadLines(path).FirstOrDefault() ?? "").TrimStart('\uFEFF').Split(',').Select(name => name.Trim())];
    }

    public IReadOnlyList<string> Header { get; }

    public string Name => Path.GetFileName(_path);

    /// <summary>Cells of each row that is not empty; a row of another width ends the reading.</summary>
    public IEnumerable<string[]> Rows()
    {
        var number = 1;
        foreach (var line in File.ReadLines(_path).Skip(1))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var cells = line.Split(',');
            if (cells.Length != Header.Count)
            {
                throw new TraceException($"{Name}:{number} has {cells.Length} cells, its header {Header.Count}");
            }

            yield return cells;
        }
    }

    /// <summary>The place of the first of <paramref name="names"/> there is; -1 without any.</summary>
    public int Find(params string[] names) =>
        names.Select(name => Header.ToList().FindIndex(h => h.Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(place => place >= 0, -1);

    public int Require(params string[] names) =>
        Find(names) is >= 0 and var place ? place : throw new TraceException($"{Name} has no column {string.Join(" or ", names)}");
}
