using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Faas.LoadTests.Warm;

/// <summary>The Markdown report: the result file's lines as tables.</summary>
internal static class WarmReport
{
    // Its name in the result, in the report, and those of the processes that face the client and that stand behind them.
    private static readonly (string Name, string Title, string Front, string? Behind)[] Contenders =
    [
        ("platform", "platform", "gateway", "worker"), ("one", "platform, one function", "oneGateway", "oneWorker"), ("nginx", "nginx", "nginx", "nginxWorker"), ("one", "nginx, one server", "oneNginx", "oneNginxWorker"),
        ("yarp", "bare YARP", "yarp", "yarpWorker"), ("direct", "direct", "direct", null),
    ];

    private static readonly string[] NotFigures = [ResultLine.Scenario, ResultLine.FailedRuns, "load", "rssMiB", "quick"];

    public static async Task WriteAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var lines = (await File.ReadAllLinesAsync(arguments["result"], cancellationToken)).Select(line => JsonNode.Parse(line)!).ToList();
        var report = new StringBuilder();
        report.Append("# The warm path, measured\n\n").Append(Machine.Text()).Append(".\n\n").Append(Reading(lines)).Append('\n');
        Bars(report, lines);
        foreach (var line in lines)
        {
            Section(report, line);
        }

        await File.WriteAllTextAsync(arguments["report"], report.ToString(), cancellationToken);
        Console.Error.Write(report);
    }

    private static string Reading(List<JsonNode> lines) => $"""
        {(lines.Any(line => line["quick"]!.GetValue<bool>()) ? "**A quick run**: a first impression; differences of ten per cent mean nothing.\n" : "")}
        Contenders are loaded in turn, in another order each round, after a warm-up that does not count; client, contender and workers share the machine's cores. Requests/s, CPU and latencies
        are medians over the rounds, with the range of requests/s beside them; ratios are those of medians. CPU is microseconds of a process (user and kernel, with the processes below it) for each request.
        Compare within a table only: between runs, everything moves.

        nginx (one process, keep-alive to its upstream) and bare YARP (MapForwarder, Release, defaults) stand in front of the same direct worker over a unix socket: one C# thread with one epoll, the
        cheapest upstream they can have. They know no concurrency limit: all their connections go to that one process at once. With concurrency 1 an instance of the platform has one request at a time,
        the others wait in line in the gateway, and the platform decides how many instances it takes.

        """;

    private static void Bars(StringBuilder report, List<JsonNode> lines)
    {
        var byName = lines.ToDictionary(Name);
        var rows = Bar.All.Select(bar => bar.Row(byName)).OfType<string>().ToList();
        if (rows.Count > 0)
        {
            report.Append("| figure | bar | measured | reached |\n|---|---|---:|---|\n").AppendJoin('\n', rows).Append("\n\n");
        }
    }

    private static void Section(StringBuilder report, JsonNode line)
    {
        var name = Name(line);
        report.Append(CultureInfo.InvariantCulture, $"## {name}\n\n{Scenarios.Find(name).Title}");
        report.Append(line["load"] is { } load ? $" ({load}, {line["rounds"]} rounds of {line["seconds"]} s).\n\n" : ".\n\n");
        foreach (var failure in line[ResultLine.FailedRuns]!.AsArray())
        {
            report.Append(CultureInfo.InvariantCulture, $"**A failed run, not counted:** {failure}\n\n");
        }

        if (line["rssMiB"] is null)
        {
            Figures(report, line.AsObject());
            return;
        }

        report.Append("| | requests/s | range | of direct | CPU us | worker CPU us | p50 ms | p99 ms | p99.9 ms | RSS MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        foreach (var contender in Contenders.Where(contender => line[$"{contender.Name}Range"] is not null && line[$"{contender.Front}CpuMicros"] is not null))
        {
            Row(report, line, contender);
        }

        report.Append('\n');
        Extras(report, line);
    }

    private static void Row(StringBuilder report, JsonNode line, (string Name, string Title, string Front, string? Behind) contender)
    {
        var (name, title, front, behind) = contender;
        var rss = behind is null ? line["rssMiB"]![front] : $"{line["rssMiB"]![front]} + {line["rssMiB"]![behind]}";
        var rate = line[$"{name}Rps"]?.GetValue<double>();
        report.Append(CultureInfo.InvariantCulture, $"| {title} | {rate:0} | {Range(line[$"{name}Range"]!)} | {Statistics.Ratio(rate, line["directRps"]?.GetValue<double>()):0.00} ");
        report.Append(CultureInfo.InvariantCulture, $"| {line[$"{front}CpuMicros"]} | {(behind is null ? "" : line[$"{behind}CpuMicros"])} ");
        report.Append(CultureInfo.InvariantCulture, $"| {line[$"{name}P50Ms"]} | {line[$"{name}P99Ms"]} | {line[$"{name}P999Ms"]} | {rss} |\n");
    }

    // What only the platform has, or only this scenario.
    private static void Extras(StringBuilder report, JsonNode line)
    {
        var parts = new List<string>();
        foreach (var (field, value) in line.AsObject())
        {
            if (field is "controllerCpuMicros" or "instances" or "capacityRps" or "targetRps" or "runtime" or "deployed" or "called" or "oneInstances"
                || field.StartsWith("ratioTo", StringComparison.Ordinal) || field.StartsWith("p50To", StringComparison.Ordinal)
                || field.StartsWith("gatewayCpuTo", StringComparison.Ordinal) || field.EndsWith("ClientLagP99Ms", StringComparison.Ordinal))
            {
                parts.Add($"{field} {value}");
            }
        }

        if (line["bytesPerRequest"]?.GetValue<double>() is { } bytes)
        {
            parts.AddRange(Contenders.Where(contender => line[$"{contender.Name}Rps"] is not null)
                .Select(contender => string.Create(CultureInfo.InvariantCulture, $"{contender.Name} {line[$"{contender.Name}Rps"]!.GetValue<double>() * bytes / 1e6:0} MB/s both ways")));
        }

        report.AppendJoin(", ", parts).Append(".\n\n");
    }

    private static void Figures(StringBuilder report, JsonObject line)
    {
        report.Append("| | |\n|---|---:|\n");
        foreach (var (field, value) in line.Where(field => !NotFigures.Contains(field.Key)))
        {
            report.Append(CultureInfo.InvariantCulture, $"| {field} | {value} |\n");
        }

        report.Append('\n');
    }

    private static string Range(JsonNode range) =>
        range.AsArray() is [{ } least, { } most] ? string.Create(CultureInfo.InvariantCulture, $"{least.GetValue<double>():0}-{most.GetValue<double>():0}") : "-";

    private static string Name(JsonNode line) => line[ResultLine.Scenario]!.GetValue<string>();
}
