using System.Globalization;
using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>The last line of <c>warm.sh</c>: medians over its rounds. Reads lines of <c>connections target requests-per-second</c>.</summary>
internal static class WarmReport
{
    public static async Task PrintAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var rounds = (await File.ReadAllLinesAsync(arguments["rounds"], cancellationToken))
            .Select(line => line.Split(' '))
            .Select(parts => (Connections: int.Parse(parts[0], CultureInfo.InvariantCulture), Target: parts[1], Rate: double.Parse(parts[2], CultureInfo.InvariantCulture)))
            .ToList();
        Console.WriteLine(JsonSerializer.Serialize(rounds.GroupBy(round => round.Connections).OrderBy(group => group.Key).Select(group =>
        {
            double? Median(string target) => Statistics.Median([.. group.Where(round => round.Target == target).Select(round => round.Rate)]);
            return new
            {
                connections = group.Key,
                rounds = group.Count(round => round.Target == "ours"),
                oursPerSecond = Median("ours"),
                nginxPerSecond = Median("nginx"),
                directPerSecond = Median("direct"),
                ratioToNginx = Statistics.Ratio(Median("ours"), Median("nginx")),
                ratioToDirect = Statistics.Ratio(Median("ours"), Median("direct")),
            };
        })));
    }
}
