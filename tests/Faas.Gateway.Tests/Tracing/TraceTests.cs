using System.Text;
using Faas.Gateway.Hosting;
using Faas.Gateway.Tracing;

namespace Faas.Gateway.Tests.Tracing;

/// <summary>Which invocations are traced.</summary>
public sealed class TraceTests
{
    private const string Sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private const string Unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    [Theory]
    [InlineData(Sampled, true)]
    [InlineData(Unsampled, false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", true)]                  // another flag beside it
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]                  // a later version
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-then", true)]
    [InlineData("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", null)]             // of version 00 there is no more
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", null)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", null)]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", null)]                  // lower case only
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", null)]
    [InlineData("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", null)]
    [InlineData("", null)]
    public void A_traceparent_is_what_the_standard_says(string header, bool? sampled) => Assert.Equal(sampled, TraceParent.IsSampled(Encoding.ASCII.GetBytes(header)));

    [Theory]
    [InlineData("always_on", null, true, true, true)]
    [InlineData("always_off", null, false, false, false)]
    [InlineData("traceidratio", "1", true, true, true)]
    [InlineData("traceidratio", "0", false, false, false)]
    [InlineData("parentbased_always_on", null, true, false, true)]
    [InlineData("parentbased_always_off", null, true, false, false)]
    [InlineData("parentbased_traceidratio", "0", true, false, false)]
    [InlineData(null, null, true, false, true)]   // the standard's default
    public void Samplers_are_those_of_the_standard(string? sampler, string? argument, bool ofSampled, bool ofUnsampled, bool ofNone)
    {
        using var traces = new Traces(SettingsOf(("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument)));
        Assert.True(traces.IsOn);
        Assert.Equal((ofSampled, ofUnsampled, ofNone), (traces.Samples(Sampled), traces.Samples(Unsampled), traces.Samples((string?)null)));
        Assert.Equal(ofNone, traces.Samples("nonsense"));
        Assert.Equal(ofNone, traces.Samples(new string('x', 10_000)));
    }

    [Fact]
    public void A_ratio_is_kept_to()
    {
        using var traces = new Traces(SettingsOf(("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => traces.Samples((string?)null)), 24_000, 26_000);   // seven standard deviations
    }

    [Fact]
    public void Without_anywhere_to_send_spans_to_nothing_is_traced()
    {
        foreach (var off in (TraceSettings[])[TraceSettings.From(_ => null), SettingsOf(("OTEL_TRACES_EXPORTER", "none")), SettingsOf(("OTEL_SDK_DISABLED", "TRUE"))])
        {
            using var traces = new Traces(off);
            Assert.False(traces.IsOn);
            Assert.False(traces.Samples(Sampled));
        }
    }

    [Fact]
    public void A_decision_allocates_nothing()
    {
        using var traces = new Traces(SettingsOf(("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")));
        var header = Encoding.ASCII.GetBytes(Unsampled);
        traces.Samples(header);
        traces.Samples([]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            traces.Samples(header);
            traces.Samples([]);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "much")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5")]
    public void What_is_not_understood_is_refused_by_name(string name, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => SettingsOf(("OTEL_TRACES_SAMPLER", "traceidratio"), (name, value)));
        Assert.Contains($"{name} was '{value}'", refused.Message, StringComparison.Ordinal);
    }

    private static TraceSettings SettingsOf(params (string Name, string? Value)[] variables)
    {
        var all = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317" };
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        return TraceSettings.From(all.GetValueOrDefault);
    }
}
