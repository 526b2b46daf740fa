using System.Globalization;
using Faas.Gateway.Hosting;

namespace Faas.Gateway.Tracing;

/// <summary>
/// Which invocations are traced, by the variables that OpenTelemetry names for every program (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Where spans are
/// sent to and how is the exporter's own to read.
/// </summary>
/// <param name="IsOn">Whether there is anywhere to send spans to.</param>
/// <param name="FollowsCallers">Whether a caller's own decision, in its <c>traceparent</c>, is kept.</param>
/// <param name="Ratio">Of the others so many are traced, 0 to 1.</param>
internal readonly record struct TraceSettings(bool IsOn, bool FollowsCallers, double Ratio)
{
    private const string Sampler = "OTEL_TRACES_SAMPLER";
    private const string SamplerArgument = "OTEL_TRACES_SAMPLER_ARG";

    /// <summary>Reads the variables.</summary>
    /// <exception cref="ConfigurationException">One of them is not understood.</exception>
    public static TraceSettings From(Func<string, string?> variable)
    {
        var endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { Length: > 0 } own ? own : variable("OTEL_EXPORTER_OTLP_ENDPOINT");
        if (string.IsNullOrEmpty(endpoint) || variable("OTEL_TRACES_EXPORTER") == "none" || string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return default;
        }

        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new ConfigurationException($"OTEL_EXPORTER_OTLP_ENDPOINT was '{endpoint}'; it must be like http://127.0.0.1:4317");
        }

        return variable(Sampler) is { Length: > 0 } sampler ? Of(sampler, variable(SamplerArgument)) : new TraceSettings(true, FollowsCallers: true, 1);
    }

    private static TraceSettings Of(string sampler, string? argument) => sampler switch
    {
        "always_on" => new(true, false, 1),
        "always_off" => new(true, false, 0),
        "traceidratio" => new(true, false, RatioOf(argument)),
        "parentbased_always_on" => new(true, true, 1),
        "parentbased_always_off" => new(true, true, 0),
        "parentbased_traceidratio" => new(true, true, RatioOf(argument)),
        _ => throw new ConfigurationException(
            $"{Sampler} was '{sampler}'; it must be always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio"),
    };

    private static double RatioOf(string? argument) => string.IsNullOrEmpty(argument) ? 1
        : double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio
        : throw new ConfigurationException($"{SamplerArgument} was '{argument}'; it must be a number from 0 to 1");
}
