using System.Diagnostics;
using System.Globalization;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Link;

namespace Faas.Gateway.Tracing;

/// <summary>
/// The spans of one invocation that is traced: the whole of it, in that its waiting line (<c>queue</c>), its wait for an instance (<c>activation</c>, with what of it was <c>stem</c> and <c>specialize</c>), and
/// its <c>run</c>. Their durations are the numbers of <c>Server-Timing</c> and of the usage record. Names of attributes are OpenTelemetry's semantic conventions for functions and HTTP where there are any.
/// </summary>
internal sealed class InvocationTrace
{
    private readonly Activity _whole;

    private InvocationTrace(Activity whole) => _whole = whole;

    /// <summary>The <c>traceparent</c> that the function gets: its own spans are below this invocation's.</summary>
    public string Parent => _whole.Id!;   // it has been started, and then has one

    /// <summary>Begins a trace, or goes on with its caller's. Null when nobody listens any more.</summary>
    /// <param name="name">What the span is called.</param>
    /// <param name="kind">Whether somebody waits for an answer.</param>
    /// <param name="traceParent">The caller's; null for none.</param>
    /// <param name="traceState">What came with it.</param>
    /// <param name="receivedUnixUs">When it began: µs since 1970.</param>
    public static InvocationTrace? Begin(string name, ActivityKind kind, string? traceParent, string? traceState, long receivedUnixUs)
    {
        var above = Activity.Current;
        Activity.Current = null;   // else the server's own would be its parent
        try
        {
            ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent);
            var whole = Traces.Source.CreateActivity(name, kind, parent);
            whole?.SetStartTime(TimeOf(receivedUnixUs)).Start();
            return whole is null ? null : new InvocationTrace(whole);
        }
        finally
        {
            Activity.Current = above;
        }
    }

    /// <summary>Adds something that is known of it.</summary>
    public void Tag(string name, object? value) => _whole.SetTag(name, value);

    /// <summary>It is over: makes its spans.</summary>
    /// <param name="entry">What is recorded of it.</param>
    /// <param name="startedUnixUs">When the function began to run: µs since 1970; 0 when it did not.</param>
    /// <param name="activation">How its instance was made; default when that is not known.</param>
    public void End(in UsageEntry entry, long startedUnixUs, ActivationSpan activation)
    {
        var above = Activity.Current;
        AddWaits(entry, activation);
        if (startedUnixUs > 0)
        {
            using var run = Add("run", startedUnixUs, entry.RunUs);
            run?.SetTag("faas.instance", entry.Instance);
            run?.SetTag("faas.cpu_ms", entry.CpuUs == 0 ? null : entry.CpuUs / 1000.0);
            run?.SetTag("faas.memory_peak_kib", entry.PeakKiB == 0 ? null : (long)entry.PeakKiB);
        }

        _whole.SetTag("faas.name", entry.Function).SetTag("faas.version", entry.Revision).SetTag("faas.invocation_id", entry.InvocationId).SetTag("faas.coldstart", entry.ColdUs > 0)
            .SetTag("http.response.status_code", entry.Status).SetTag("http.response.body.size", entry.BytesOut);
        if (entry.Outcome != InvocationError.None)
        {
            _whole.SetTag("error.type", entry.Outcome.ToString()).SetTag("faas.blame", InvocationErrors.Of(entry.Outcome).Blame.ToString().ToLower(CultureInfo.InvariantCulture)).SetStatus(ActivityStatusCode.Error);
        }

        _whole.Stop();
        Activity.Current = above;
    }

    /// <summary>It is over, and nothing is recorded of it.</summary>
    /// <param name="error">What went wrong; empty for nothing.</param>
    public void End(string error)
    {
        var above = Activity.Current;
        if (error.Length > 0)
        {
            _whole.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        }

        _whole.Stop();
        Activity.Current = above;
    }

    private void AddWaits(in UsageEntry entry, ActivationSpan activation)
    {
        if (entry.QueuedUs > 0)
        {
            Add("queue", entry.ReceivedUnixUs, entry.QueuedUs)?.Dispose();
        }

        if (entry.ColdUs == 0)
        {
            return;
        }

        using var cold = Add("activation", entry.ReceivedUnixUs, entry.ColdUs);
        var end = entry.ReceivedUnixUs + entry.ColdUs;
        if (cold is null || activation.ReadyUnixUs < entry.ReceivedUnixUs || activation.ReadyUnixUs > end)
        {
            return;   // Made for somebody else before; or told by another clock.
        }

        // Who comes while an instance is being made waits for what is left of it only.
        var specialized = Math.Max(entry.ReceivedUnixUs, activation.ReadyUnixUs - activation.SpecializeUs);
        Add("specialize", specialized, activation.ReadyUnixUs - specialized, cold)?.Dispose();
        var stem = Math.Max(entry.ReceivedUnixUs, specialized - activation.StemWaitUs);
        if (specialized > stem)
        {
            Add("stem", stem, specialized - stem, cold)?.Dispose();
        }
    }

    private Activity? Add(string name, long startUnixUs, long durationUs, Activity? parent = null)
    {
        var span = Traces.Source.CreateActivity(name, ActivityKind.Internal, (parent ?? _whole).Context);
        span?.SetStartTime(TimeOf(startUnixUs)).Start().SetEndTime(TimeOf(startUnixUs + durationUs));
        return span;
    }

    private static DateTime TimeOf(long unixUs) => DateTime.UnixEpoch.AddMicroseconds(unixUs);
}
