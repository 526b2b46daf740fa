using System.Text;
using Faas.Controller.Metrics;

namespace Faas.Controller.Tests.Metrics;

public sealed class MetricsTextTests
{
    private readonly MetricsText _text = new();

    private string Written => Encoding.UTF8.GetString(_text.Written.Span);

    [Fact]
    public void A_series_is_a_name_its_labels_and_a_value()
    {
        _text.Family("faas_a_total", "counter", "All of it.");
        _text.Sample(3L, ("function", "hello"), ("since", null), ("kind", "x"));
        _text.Sample(0.000000002283m);
        Assert.Equal("# HELP faas_a_total All of it.\n# TYPE faas_a_total counter\nfaas_a_total{function=\"hello\",kind=\"x\"} 3\nfaas_a_total 0.000000002283\n", Written);
    }

    [Fact]
    public void A_name_without_series_leaves_no_trace()
    {
        _text.Family("faas_a", "gauge", "A.");
        _text.Family("faas_b", "gauge", "B.");
        _text.Sample(1);
        Assert.Equal("# HELP faas_b B.\n# TYPE faas_b gauge\nfaas_b 1\n", Written);
    }

    [Fact]
    public void Whatever_a_label_says_it_stays_one_label()
    {
        _text.Family("faas_a", "gauge", "A.");
        _text.Sample(1, ("trigger", "a\"} 1\nfaas_b 2\\"));
        Assert.EndsWith("faas_a{trigger=\"a\\\"} 1\\nfaas_b 2\\\\\"} 1\n", Written, StringComparison.Ordinal);
        Assert.Equal("a\"} 1\nfaas_b 2\\", Assert.Single(new ScrapedText(_text).Series).Labels["trigger"]);
    }

    [Fact]
    public void A_histograms_buckets_count_up_and_end_with_all()
    {
        _text.Family("faas_a_seconds", "histogram", "A.");
        _text.Histogram([1_000, 2_500_000], [2, 0, 1], 70_000_001, "f", null);
        Assert.EndsWith(
            """
            faas_a_seconds_bucket{function="f",le="0.001"} 2
            faas_a_seconds_bucket{function="f",le="2.5"} 2
            faas_a_seconds_bucket{function="f",le="+Inf"} 3
            faas_a_seconds_sum{function="f"} 70.000001
            faas_a_seconds_count{function="f"} 3

            """,
            Written, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_sums_are_written_to_the_last_digit()
    {
        _text.Family("faas_a_total", "counter", "A.");
        _text.Sample(long.MaxValue);
        _text.Sample(Storage.PicoMoney.ToAmount(long.MaxValue));
        Assert.Contains("faas_a_total 9223372036854775807\nfaas_a_total 9223372.036854775807\n", Written, StringComparison.Ordinal);
    }
}
