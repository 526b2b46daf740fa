using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>The last line of <c>coldstart.sh</c>.</summary>
internal static class ColdStartReport
{
    public static async Task PrintAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var results = JsonSerializer.Deserialize<Dictionary<string, ColdStartResult>>(await File.ReadAllTextAsync(arguments["result"], cancellationToken))!;
        Console.WriteLine(JsonSerializer.Serialize(results.Select(entry => Row(entry.Key, arguments["sandbox"], entry.Value))));
    }

    private static object Row(string runtime, string sandbox, ColdStartResult result)
    {
        var p50 = Statistics.Median(result.Cold);
        var worker = Statistics.Median(result.DockerRunWorker);
        var trivial = Statistics.Median(result.DockerRunTrue);
        var noStem = Statistics.Median(result.NoStem);
        var createStart = Statistics.Median(result.CreateStart);
        return new
        {
            runtime,
            sandbox,
            samples = result.Cold.Count,
            p50Ms = p50,
            p95Ms = Statistics.Percentile(result.Cold, 95),
            burst20Ms = Statistics.Median(result.Burst),
            burst20WorstMs = Statistics.Percentile(result.Burst, 100),
            timesFasterThanDockerRun = Statistics.Ratio(worker, p50),
            dockerRunMs = worker,
            timesFasterThanDockerRunTrue = Statistics.Ratio(trivial, p50),
            dockerRunTrueMs = trivial,
            noStemMs = noStem,
            createStartMs = createStart,
            noStemRatio = Statistics.Ratio(noStem, createStart),
            notCold = result.NotCold,
        };
    }
}
