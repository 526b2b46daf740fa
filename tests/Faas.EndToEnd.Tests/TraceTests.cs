using System.Net;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Traces: who asks for one finds everything that happened under its own span, functions included.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Caller = "00f067aa0ba902b7";

    private readonly SpanReceiver _spans = new();
    private Platform _platform = null!;   // started before each test

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await Platform.StartAsync(new PlatformOptions
    {
        Sandbox = "process",
        Environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _spans.Address, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_always_off",
        },
    });

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        await _spans.DisposeAsync();
    }

    [Theory]
    [InlineData("trace.py")]
    [InlineData("trace.js")]
    [InlineData("Trace.cs")]
    public async Task A_function_runs_below_the_gateways_span_and_that_below_its_callers(string file)
    {
        await _platform.DeployAsync("traced", file);
        using var response = await CallAsync("traced/here?a=1", $"00-{Trace}-{Caller}-01");
        var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Stop));
        var spans = await _spans.OfTraceAsync(Trace, "invoke traced");
        var whole = Assert.Single(spans, span => span.Name == "invoke traced");
        Assert.Equal((Caller, ReceivedSpan.Server), (whole.ParentId, whole.Kind));
        Assert.Equal($"00-{Trace}-{whole.Id}-01", answer.GetProperty("header").GetString());
        Assert.Equal($"00-{Trace}-{whole.Id}-01", answer.GetProperty("context").GetString());
        if (file == "Trace.cs")
        {
            Assert.Matches($"^00-{Trace}-[0-9a-f]{{16}}-01$", answer.GetProperty("own").GetString());   // an activity of its own
        }

        Assert.Equal(
            ("traced", "http", "GET", "/here", "200", response.Headers.GetValues("X-Call-Id").Single()),
            (whole.Attributes["faas.name"], whole.Attributes["faas.trigger"], whole.Attributes["http.request.method"], whole.Attributes["url.path"], whole.Attributes["http.response.status_code"], whole.Attributes["faas.invocation_id"]));
        var run = Assert.Single(spans, span => span.Name == "run");
        Assert.Equal(whole.Id, run.ParentId);
        Assert.InRange(run.Start, whole.Start, run.End);
        Assert.InRange(run.End, run.Start, whole.End);
    }

    [Fact]
    public async Task Server_timing_is_the_spans_durations_cold_and_warm()
    {
        await _platform.DeployAsync("traced", "trace.py", spec => spec with { KeepAlive = TimeSpan.FromSeconds(3) });   // longer than a machine stands still between two calls
        await _platform.Admin.InstancesAsync("traced", 0);
        foreach (var isCold in (bool[])[true, false])
        {
            var trace = Guid.NewGuid().ToString("n");
            using var response = await CallAsync("traced", $"00-{trace}-{Caller}-01");
            var spans = await _spans.OfTraceAsync(trace, "invoke traced");
            Assert.Equal(response.Timing("run"), spans.Single(span => span.Name == "run").Milliseconds, 0.051);
            Assert.Equal(response.Timing("cold"), spans.SingleOrDefault(span => span.Name == "activation")?.Milliseconds ?? 0, 0.051);
            Assert.Equal(response.Timing("queue"), spans.SingleOrDefault(span => span.Name == "queue")?.Milliseconds ?? 0, 0.051);
            Assert.Equal(isCold, spans.Any(span => span.Name == "activation"));
            if (isCold)
            {
                var (activation, specialize) = (spans.Single(span => span.Name == "activation"), spans.Single(span => span.Name == "specialize"));
                Assert.Equal(activation.Id, specialize.ParentId);
                Assert.True(specialize.Start >= activation.Start && specialize.End <= activation.End, "it is within");
                Assert.True(specialize.Milliseconds > 0);
            }
        }
    }

    [Fact]
    public async Task A_caller_who_does_not_trace_is_not_traced_and_its_header_goes_on_as_it_is()
    {
        await _platform.DeployAsync("traced", "trace.py");
        foreach (var header in (string[])[$"00-{Trace}-{Caller}-00", "nonsense"])
        {
            using var response = await CallAsync("traced", header);
            Assert.Contains($"\"{header}\"", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        var other = Guid.NewGuid().ToString("n");
        using var traced = await CallAsync("traced", $"00-{other}-{Caller}-01");
        await _spans.OfTraceAsync(other, "invoke traced");
        Assert.All(_spans.Spans, span => Assert.Equal(other, span.TraceId));
    }

    [Fact]
    public async Task A_failure_is_an_error_of_its_span()
    {
        await _platform.DeployAsync("trouble", "trouble.py");
        using var response = await CallAsync("trouble/throw", $"00-{Trace}-{Caller}-01");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var whole = Assert.Single(await _spans.OfTraceAsync(Trace, "invoke trouble"), span => span.Name == "invoke trouble");
        Assert.Equal(("Crashed", "function", "500"), (whole.Attributes["error.type"], whole.Attributes["faas.blame"], whole.Attributes["http.response.status_code"]));
    }

    [Fact]
    public async Task A_body_that_is_refused_for_its_length_has_a_span_that_says_so()
    {
        await _platform.DeployAsync("traced", "trace.py");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/function/traced") { Content = new ByteArrayContent(new byte[(6 << 20) + 1]) };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
        using var response = await _platform.Public.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("TooLarge", Assert.Single(await _spans.OfTraceAsync(Trace, "invoke traced")).Attributes["error.type"]);
    }

    [Fact]
    public async Task An_event_runs_below_the_span_in_which_it_was_queued()
    {
        await _platform.DeployAsync("traced", "trace.py");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/async-function/traced") { Content = new StringContent("{}") };
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");
        using var response = await _platform.Public.SendAsync(request, Stop);
        var ended = await _platform.Admin.EndedAsync(response.Headers.GetValues("X-Call-Id").Single());
        Assert.Equal(InvocationState.Succeeded, ended.State);
        var spans = await _spans.OfTraceAsync(Trace, "invoke traced");
        var queued = Assert.Single(spans, span => span.Name == "enqueue traced");
        var run = Assert.Single(spans, span => span.Name == "invoke traced");
        Assert.Equal((Caller, ReceivedSpan.Producer), (queued.ParentId, queued.Kind));
        Assert.Equal((queued.Id, ReceivedSpan.Consumer), (run.ParentId, run.Kind));
        Assert.Contains($"00-{Trace}-{run.Id}-01", ended.Result?.Text, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> CallAsync(string path, string traceParent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/function/{path}");
        request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        return await _platform.Public.SendAsync(request, Stop);
    }
}
