using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Faas.Controller.Metrics;

namespace Faas.Controller.Tests.Metrics;

/// <summary>A scrape as Prometheus reads it; refuses what Prometheus would refuse.</summary>
internal sealed partial class ScrapedText
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _seen = [];

    public ScrapedText(MetricsText text)
    {
        foreach (var line in Encoding.UTF8.GetString(text.Written.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                Assert.Equal(4, words.Length);
                Assert.Contains(words[3], (string[])["counter", "gauge", "histogram", "summary"]);
                Assert.True(_types.TryAdd(words[2], words[3]), $"{words[2]} is there twice");
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Series.Add(Read(line));
            }
        }
    }

    public List<ScrapedSeries> Series { get; } = [];

    /// <summary>The sum of all series of a name that have these labels.</summary>
    public decimal Sum(string name, params (string Name, string Value)[] labels) => Of(name, labels).Sum(series => series.Value);

    public IEnumerable<ScrapedSeries> Of(string name, params (string Name, string Value)[] labels) =>
        Series.Where(series => series.Name == name && labels.All(label => series.Labels.GetValueOrDefault(label.Name) == label.Value));

    private ScrapedSeries Read(string line)
    {
        var match = SeriesLine().Match(line);
        Assert.True(match.Success, $"no series: {line}");
        var labels = new Dictionary<string, string>();
        foreach (Match label in Label().Matches(match.Groups["labels"].Value))
        {
            Assert.True(labels.TryAdd(label.Groups["name"].Value, Regex.Unescape(label.Groups["value"].Value)), line);
        }

        var name = match.Groups["name"].Value;
        var type = _types.GetValueOrDefault(name) ?? _types.GetValueOrDefault(HistogramSuffix().Replace(name, ""));
        Assert.True(type is not null, $"{name} has no type");
        Assert.True(type != "counter" || name.EndsWith("_total", StringComparison.Ordinal), $"{name} is a counter by type and not by name");
        Assert.True(_seen.Add(line[..line.LastIndexOf(' ')]), $"{line} is there twice");
        return new ScrapedSeries(name, labels, decimal.Parse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("""^(?<name>[a-z_][a-z0-9_]*)(\{(?<labels>([a-z_]+="([^"\\\n]|\\[\\"n])*",?)+)\})? (?<value>[-+0-9.eE]+)$""")]
    private static partial Regex SeriesLine();

    [GeneratedRegex("""(?<name>[a-z_]+)="(?<value>([^"\\]|\\.)*)"(,|$)""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}

/// <summary>One series.</summary>
internal sealed record ScrapedSeries(string Name, IReadOnlyDictionary<string, string> Labels, decimal Value);
