using Faas.Gateway.Invocation;
using Faas.Gateway.Metering;

namespace Faas.Gateway.Forwarding;

/// <summary>An invocation while it runs on an instance that serves HTTP: from the request to the last byte of the answer, and what the instance uses meanwhile.</summary>
internal sealed class HttpRun(LiveInvocation invocation, RunWatch watch, InstanceMeter? meter) : IDisposable
{
    private readonly MeteredRun _metered = meter?.Begin() ?? default;
    private bool _isOver;

    /// <summary>It is over. Further calls do nothing.</summary>
    public void End()
    {
        if (!_isOver)
        {
            _isOver = true;
            var (cpuMicros, peakKiB) = meter?.End(_metered) ?? default;
            invocation.EndRun(cpuMicros, peakKiB);
        }
    }

    /// <summary>It is over, and so is the answer: recorded before its last byte leaves, and the slot is free.</summary>
    public void End(int status)
    {
        watch.Stop();
        End();
        invocation.Record(status);
        invocation.ReleaseSlot();
    }

    /// <summary>The connection is no longer HTTP's: it has no timeout.</summary>
    public void Upgrade() => watch.Stop();

    /// <summary>It has not run, if it is not over.</summary>
    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            meter?.End(_metered);
        }
    }
}
