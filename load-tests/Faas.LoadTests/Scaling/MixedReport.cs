using System.Text.Json;

namespace Faas.LoadTests.Scaling;

/// <summary>The end of <c>mixed</c>: each function with all the others, and without the busiest one.</summary>
internal static class MixedReport
{
    // "Ruined": more than twice what it is without the busiest function, and by more than a caller forgives. Either alone would be met by noise: 3 ms
    // instead of 1, or 410 ms instead of 350 where both were one cold start.
    private const double RuinedRatio = 2;
    private const double RuinedMs = 50;

    /// <summary>Below this a p99 is nothing but the largest one.</summary>
    private const int AnswersMin = 100;

    public static async Task<bool> PrintAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var all = await ReadAsync(arguments["result"], cancellationToken);
        var without = arguments.Text("without") is { } file ? (await ReadAsync(file, cancellationToken)).ToDictionary(row => row.Function.Rank) : [];
        var ratios = new List<double>();
        var ruined = new List<string>();
        foreach (var row in all)
        {
            var alone = without.GetValueOrDefault(row.Function.Rank);
            Verdict.PrintPart(new
            {
                function = row.Function.Name,
                runtime = row.Function.Runtime,
                pattern = row.Function.Pattern.ToString(),
                perSecond = Math.Round(row.Function.Rate, 2),
                burnMs = Math.Round(row.Function.BurnMs, 1),
                waitMs = Math.Round(row.Function.WaitMs, 1),
                answered = row.Answered,
                failed = row.Failed + (alone?.Failed ?? 0),
                p50Ms = row.P50Ms,
                p99Ms = row.P99Ms,
                p50MsWithout = alone?.P50Ms,
                p99MsWithout = alone?.P99Ms,
                p99Ratio = Statistics.Ratio(row.P99Ms, alone?.P99Ms),
            });
            if (alone is { Answered: >= AnswersMin } && row.Answered >= AnswersMin)
            {
                ratios.Add(Statistics.Ratio(row.P99Ms, alone.P99Ms)!.Value);
                if (row.P99Ms > alone.P99Ms * RuinedRatio && row.P99Ms > alone.P99Ms + RuinedMs)
                {
                    ruined.Add(row.Function.Name);
                }
            }
        }

        var failed = all.Sum(row => row.Failed) + without.Values.Sum(row => row.Failed);
        Verdict.Print("mixed", failed == 0 && ruined.Count == 0 && ratios.Count > 0, new
        {
            functions = all.Count,
            failed,
            worstP99Ms = all.Max(row => row.P99Ms),
            medianP99Ms = Median(all),
            medianP99MsWithout = Median(without.Values),
            compared = ratios.Count,
            medianRatio = Statistics.Median(ratios),
            worstRatio = Statistics.Percentile(ratios, 100),
            ruined,
        });
        return failed == 0;
    }

    private static async Task<List<MixedRow>> ReadAsync(string file, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<List<MixedRow>>(await File.ReadAllTextAsync(file, cancellationToken))!;

    // Of the functions that are in both runs.
    private static double? Median(IEnumerable<MixedRow> rows) =>
        Statistics.Median([.. rows.Where(row => row.Function.Rank > 0).Select(row => row.P99Ms).OfType<double>()]);
}
