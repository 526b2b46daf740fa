using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Faas.LoadTests.Warm;

/// <summary>One scenario's line of the result file.</summary>
internal sealed class ResultLine
{
    public const string Scenario = "scenario";
    public const string FailedRuns = "failedRuns";

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _line = [];
    private readonly List<string> _failed = [];

    public ResultLine(string scenario, Plan plan)
    {
        _line[Scenario] = scenario;
        _line["quick"] = plan.IsQuick;
    }

    public bool HasFailed => _failed.Count > 0;

    /// <summary>Adds a figure; null says that there is none.</summary>
    public void Add(string name, double? value, int digits) => _line[name] = value is { } number ? Math.Round(number, digits) : null;

    public void Add(string name, string text) => _line[name] = text;

    public void Fail(string what) => _failed.Add(what);

    /// <summary>Medians and ranges of a comparison's rounds, ratios of the medians, and memory as it is now.</summary>
    public ResultLine Add(Comparison comparison, IReadOnlyList<Measurement> measurements)
    {
        var table = measurements.Where(measurement => measurement.Counts).ToLookup(measurement => measurement.Contender);
        double? Median(string contender, Func<Measurement, double?> figure) => Statistics.Median([.. table[contender].Select(figure).OfType<double>()]);
        Add("load", comparison.Load.Name);
        Add("rounds", comparison.Plan.Rounds, 0);
        Add("seconds", comparison.Plan.Duration.TotalSeconds, 0);
        foreach (var name in (string[])["platform", "nginx", "yarp", "direct", "one"])
        {
            if (name != "one" || table.Contains(name))
            {
                Add($"{name}Rps", Median(name, m => m.Load.PerSecond), 1);
            }
        }

        var first = comparison.Contenders[0].Name;   // whom the others are compared with: the platform, nearly always
        foreach (var name in comparison.Contenders.Skip(1).Select(contender => contender.Name))
        {
            Add($"ratioTo{Capital(name)}", Statistics.Ratio(Median(first, m => m.Load.PerSecond), Median(name, m => m.Load.PerSecond)), 3);
            Add($"p50To{Capital(name)}", Statistics.Ratio(Median(first, m => m.Load.P50Ms), Median(name, m => m.Load.P50Ms)), 3);
            if (name is "nginx" or "yarp")
            {
                Add($"gatewayCpuTo{Capital(name)}", Statistics.Ratio(Median("platform", m => m.CpuMicros("gateway")), Median(name, m => m.CpuMicros(name))), 3);
            }
        }

        var rss = new JsonObject();
        foreach (var contender in comparison.Contenders)
        {
            foreach (var group in contender.Groups)
            {
                Add($"{group.Name}CpuMicros", Median(contender.Name, m => m.CpuMicros(group.Name)), 2);
                rss[group.Name] = Math.Round(group.ResidentMiB(), 1);
            }

            Add($"{contender.Name}P50Ms", Median(contender.Name, m => m.Load.P50Ms), 3);
            Add($"{contender.Name}P99Ms", Median(contender.Name, m => m.Load.P99Ms), 3);
            AddOpenLoop(contender.Name, Median);
            _line[$"{contender.Name}Range"] = new JsonArray([.. Range(table[contender.Name])]);
        }

        _line["rssMiB"] = rss;
        _failed.AddRange(measurements.Where(m => m.Load.Failure is not null).Select(m => $"{m.Contender}, {(m.Round == 0 ? "warm-up" : $"round {m.Round}")}: {m.Load.Failure}"));
        return this;
    }

    public string Text()
    {
        _line[FailedRuns] = new JsonArray([.. _failed.Select(text => JsonValue.Create(text))]);
        return _line.ToJsonString(Json);
    }

    private void AddOpenLoop(string contender, Func<string, Func<Measurement, double?>, double?> median)
    {
        if (median(contender, m => m.Load.P999Ms) is { } p999)
        {
            Add($"{contender}P999Ms", p999, 3);
            Add($"{contender}ClientLagP99Ms", median(contender, m => m.Load.ClientLagP99Ms), 3);
        }
    }

    private static IEnumerable<JsonNode> Range(IEnumerable<Measurement> measurements) =>
        measurements.Any() ? [Math.Round(measurements.Min(m => m.Load.PerSecond), 1), Math.Round(measurements.Max(m => m.Load.PerSecond), 1)] : [];

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..];
}
