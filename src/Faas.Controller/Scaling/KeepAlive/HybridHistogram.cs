namespace Faas.Controller.Scaling.KeepAlive;

/// <summary>
/// The hybrid histogram policy (Shahrad et al., "Serverless in the Wild", USENIX ATC 2020): stop the instance after use, start it again shortly before the next call is
/// expected, keep it until that call is overdue; a fixed time while the idle times say little. The paper's third part, a
/// time-series forecast for functions called less than every 4 h, is left out: here a cold start costs them some ms a few times a day.
/// </summary>
internal sealed class HybridHistogram(HybridHistogramOptions options, string name = "hybrid histogram") : IKeepAlivePolicy
{
    private static readonly TimeSpan Bin = TimeSpan.FromMinutes(1);

    public string Name => name;

    public KeepAlivePlan Plan(IdleHistory history)
    {
        var basis = Basis(history);
        return basis.Reason switch
        {
            KeepAliveReason.Histogram => Window(history, basis, TimeSpan.Zero),
            KeepAliveReason.Learning when options.WindowWhileLearning && history.Count > 0 => Window(history, basis, options.Fallback),
            _ => KeepAlivePlan.KeepFor(options.Fallback, basis),
        };
    }

    private KeepAliveBasis Basis(IdleHistory history)
    {
        // One that is out of bounds is a single sample too: no share of anything.
        var reason = history.Total < options.SamplesMin ? KeepAliveReason.Learning
            : history.OutOfBounds > options.OutOfBoundsMax * history.Total ? KeepAliveReason.OutOfBounds
            : history.Count < options.SamplesMin ? KeepAliveReason.Learning
            : Variation(history) < options.VariationMin ? KeepAliveReason.NotRepresentative
            : KeepAliveReason.Histogram;
        var head = history.Percentile(options.Head);
        return new(reason, history.Total, history.OutOfBounds, options.Head, options.Tail, head, history.Percentile(options.Tail));
    }

    // Kept for `keep`, and from a little before the head to a little after the tail.
    private KeepAlivePlan Window(IdleHistory history, KeepAliveBasis basis, TimeSpan keep)
    {
        var from = basis.HeadTime * (1 - options.EarlyMargin);
        var until = basis.TailTime * (1 + options.LateMargin + (options.LearningMargin / history.Count));
        if (from - keep < options.PrewarmMin)
        {
            var kept = until < options.WindowMax ? until : options.WindowMax;
            return KeepAlivePlan.KeepFor(kept > keep ? kept : keep, basis);
        }

        return new KeepAlivePlan(keep, from, until - from < options.WindowMax ? until : from + options.WindowMax, basis);
    }

    private double Variation(IdleHistory history)
    {
        if (options.VariationMin <= 0)
        {
            return 0;
        }

        var bins = new double[(int)(IdleHistory.Bound / Bin) + 1];
        foreach (var idle in history.Ascending)
        {
            bins[(int)(idle / Bin)]++;
        }

        var mean = bins.Average();
        return Math.Sqrt(bins.Average(count => (count - mean) * (count - mean))) / mean;
    }
}
