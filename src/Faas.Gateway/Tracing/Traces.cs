using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Faas.Gateway.Invocation;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Faas.Gateway.Tracing;

/// <summary>Decides which invocations are traced, before anything is allocated for it, and sends the spans of those that are to whoever collects them, over OTLP.</summary>
internal sealed class Traces : IDisposable
{
    /// <summary>What spans are made of; nobody listens while traces are off.</summary>
    public static readonly ActivitySource Source = new("Faas.Gateway");

    private const string ServiceName = "faas-gateway";

    [ThreadStatic]
    private static ulong _random;

    private readonly TraceSettings _settings;
    private readonly ulong _threshold;
    private readonly TracerProvider? _provider;

    public Traces(TraceSettings settings)
    {
        _settings = settings;
        _threshold = settings.Ratio >= 1 ? ulong.MaxValue : (ulong)(settings.Ratio * ulong.MaxValue);
        if (settings.IsOn)
        {
            // The decision is ours: whatever comes to the SDK is sent. Spans that cannot be sent are dropped, and nobody waits for them.
            _provider = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(ResourceBuilder.CreateDefault().AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? ServiceName).AddEnvironmentVariableDetector())
                .SetSampler(new AlwaysOnSampler())
                .AddSource(Source.Name)
                .AddOtlpExporter()
                .Build();
        }
    }

    /// <summary>Whether anything may be traced. When not, nobody need look for a <c>traceparent</c>.</summary>
    public bool IsOn => _settings.IsOn;

    /// <summary>Whether an invocation is traced whose caller sent this <c>traceparent</c>; empty for none.</summary>
    public bool Samples(ReadOnlySpan<byte> traceParent)
    {
        if (!_settings.IsOn)
        {
            return false;
        }

        return _settings.FollowsCallers && TraceParent.IsSampled(traceParent) is { } decided ? decided : _threshold == ulong.MaxValue || Next() < _threshold;
    }

    /// <summary>Begins the trace of an invocation whose request came through ASP.NET, if it is to be traced.</summary>
    public void BeginIfSampled(LiveInvocation invocation, HttpRequest request, ActivityKind kind)
    {
        if (_settings.IsOn && ParentOf(request) is var parent && Samples(parent))
        {
            invocation.BeginTrace(kind, parent, StateOf(request));
        }
    }

    /// <summary>Whether an invocation is traced whose request has this <c>traceparent</c>; null for none.</summary>
    public bool Samples(string? traceParent)
    {
        Span<byte> bytes = stackalloc byte[2 * TraceParent.Length];
        return Samples(traceParent is null || traceParent.Length > bytes.Length ? [] : bytes[..Encoding.ASCII.GetBytes(traceParent, bytes)]);
    }

    /// <summary>The request's <c>traceparent</c>; null when it has none, or several, which the standard has ignored.</summary>
    public static string? ParentOf(HttpRequest request) => request.Headers[TraceParent.Name] is [{ } one] ? one : null;

    /// <summary>What came with it.</summary>
    public static string? StateOf(HttpRequest request) => request.Headers["tracestate"] is { Count: > 0 } states ? string.Join(',', states.ToArray()) : null;

    /// <summary>Sends what is left.</summary>
    public void Dispose() => _provider?.Dispose();

    /// <summary>xorshift64* (Vigna 2016): a decision must not cost a lock.</summary>
    private static ulong Next()
    {
        var x = _random != 0 ? _random : (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        _random = x;
        return x * 0x2545F4914F6CDD1D;
    }
}
