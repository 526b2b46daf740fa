using System.Text.Json;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests.Prometheus;

/// <summary>A Grafana dashboard of <c>deploy/</c>.</summary>
internal static class Dashboard
{
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/grafana/dashboards"), "*.json");

    /// <summary>What its panels ask Prometheus, with the values that Grafana would put in for its variables.</summary>
    public static List<(string Panel, string Expression)> Queries(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return
        [
            .. from panel in json.RootElement.GetProperty("panels").EnumerateArray()
               from target in panel.GetProperty("targets").EnumerateArray()
               let expression = target.GetProperty("expr").GetString()!
               select (panel.GetProperty("title").GetString()!, Filled(expression)),
        ];
    }

    private static string Filled(string expression) => expression
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
        .Replace("$__range", "5m", StringComparison.Ordinal)
        .Replace("$function", ".*", StringComparison.Ordinal);
}
