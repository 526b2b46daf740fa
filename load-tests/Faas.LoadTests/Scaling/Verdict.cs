using System.Text.Encodings.Web;
using System.Text.Json;

namespace Faas.LoadTests.Scaling;

/// <summary>The last line of a measurement.</summary>
internal static class Verdict
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Prints <c>{"measurement":..., ...figures, "passed":...}</c>.</summary>
    public static void Print(string measurement, bool passed, object figures)
    {
        var line = new Dictionary<string, object?> { ["measurement"] = measurement };
        foreach (var property in figures.GetType().GetProperties())
        {
            line[property.Name] = property.GetValue(figures);
        }

        line["passed"] = passed;
        Console.WriteLine(JsonSerializer.Serialize(line, Json));
    }

    /// <summary>Prints a line before the last one.</summary>
    public static void PrintPart(object figures) => Console.WriteLine(JsonSerializer.Serialize(figures, Json));
}
