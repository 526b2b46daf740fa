namespace Faas.LoadTests;

/// <summary>Percentiles of few samples: the smallest value that so many per cent do not exceed (nearest rank).</summary>
internal static class Statistics
{
    public static double? Percentile(IReadOnlyCollection<double> values, int percent)
    {
        if (values.Count == 0)
        {
            return null;
        }

        var sorted = values.Order().ToList();
        return Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)], 3);
    }

    public static double? Median(IReadOnlyCollection<double> values) => Percentile(values, 50);

    public static double? Ratio(double? a, double? b) => a is { } x && b is { } y && y > 0 ? Math.Round(x / y, 3) : null;
}
