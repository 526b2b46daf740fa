using System.Text.Encodings.Web;
using System.Text.Json;

namespace Faas.Simulator;

/// <summary>Results as lines of JSON on stdout, and as a table on stderr.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Line(SimulationResult result) => JsonSerializer.Serialize(result, Json);

    public static IEnumerable<string> Table(IEnumerable<SimulationResult> results)
    {
        yield return $"{"policy",-34} {"cold",8} {"cold %",8} {"idle GB·min",12} {"with starts",12} {"prewarms",9} {"wasted",8} {"peak GB",8}";
        foreach (var r in results)
        {
            yield return $"{r.Policy,-34} {r.Cold,8:N0} {r.ColdPercent,8:0.000} {r.IdleGBMin,12:N1} {r.IdleGBMinWithStarts,12:N1} {r.Prewarms,9:N0} {r.WastedPrewarms,8:N0} {r.PeakGB,8:0.00}";
        }
    }

    public static IEnumerable<string> Spreads(IEnumerable<SimulationResult> results, SimulationResult rival, int resamples)
    {
        yield return $"{$"{resamples} resamples of the functions",-34} {"cold, middle 90 %",19} {"idle GB·min",19} {$"both <= {rival.Policy}",24}";
        foreach (var r in results)
        {
            var s = Resampling.Of(r, rival, resamples);
            yield return $"{r.Policy,-34} {s.ColdLow,8:N0} - {s.ColdHigh,8:N0} {s.IdleLow,8:N0} - {s.IdleHigh,8:N0} {s.BetterPercent,22:0.0} %";
        }
    }
}
