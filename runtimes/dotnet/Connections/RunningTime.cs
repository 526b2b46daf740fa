using Faas.Runtime.DotNet.Metering;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>How long a function usually runs, and what follows for the threads that serve it. Written by several threads without a lock: an estimate may lose an update.</summary>
internal sealed class RunningTime
{
    /// <summary>Below this an invocation is run by whoever has read it: waking another thread costs 5 to 30 µs and another switch back.</summary>
    private const double QuickMicros = 200;

    private static readonly int Cores = Environment.ProcessorCount;

    private double _micros = -1;

    /// <summary>Whether it is known to be quick.</summary>
    public bool IsQuick => _micros is >= 0 and < QuickMicros;

    /// <summary>Whether it is known to be so brief that its invocations are not measured one by one.</summary>
    public bool IsBrief => _micros >= 0 && _micros < UsageMeter.Brief.TotalMicroseconds;

    /// <summary>An invocation has taken so long.</summary>
    public void Note(TimeSpan took)
    {
        var micros = took.TotalMicroseconds;
        var usual = _micros;
        _micros = usual < 0 ? micros : usual + ((micros - usual) * 0.1);
    }

    /// <summary>
    /// Threads to call for <paramref name="invocations"/> that were read, beside the one that has read them: for a quick function so many that the cores share the work where there
    /// is some; for others one each, of which the last one reads on.
    /// </summary>
    public int ThreadsFor(int invocations) =>
        IsQuick ? Math.Min(Cores - 1, (int)(invocations * _micros / QuickMicros)) : invocations;
}
