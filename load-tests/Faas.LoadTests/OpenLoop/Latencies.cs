using HdrHistogram;

namespace Faas.LoadTests.OpenLoop;

/// <summary>A histogram of milliseconds: microseconds inside, three digits.</summary>
internal sealed class Latencies
{
    private readonly LongHistogram _micros = new(TimeSpan.FromHours(1).Ticks / TimeSpan.TicksPerMicrosecond, 3);

    public long Count => _micros.TotalCount;

    public void Add(double milliseconds) => _micros.RecordValue((long)Math.Max(0, milliseconds * 1000));

    /// <summary>Null when there is none.</summary>
    public double? Percentile(double percent) => Count == 0 ? null : _micros.GetValueAtPercentile(percent) / 1000.0;

    public object Summary() => new { count = Count, p50 = Percentile(50), p90 = Percentile(90), p99 = Percentile(99), p999 = Percentile(99.9), max = Percentile(100) };
}
