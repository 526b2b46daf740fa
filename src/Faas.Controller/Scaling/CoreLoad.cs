namespace Faas.Controller.Scaling;

/// <summary>What the machine's cores have been doing in the last quarter of a second, whoever's work it was. Passive; the fleet's lock guards it.</summary>
internal sealed class CoreLoad
{
    /// <summary>Over this time the length of the run queue is averaged.</summary>
    private static readonly TimeSpan QueueWindow = TimeSpan.FromMilliseconds(100);

    private readonly CpuWindow _window = new();
    private TimeSpan _at;

    /// <summary>Share of the cores' time that was idle; null when nobody has looked lately.</summary>
    public double? IdleShare { get; private set; }

    /// <summary>Threads that ran or waited for a core, on average.</summary>
    public double Runnable { get; private set; }

    /// <summary>Looks again.</summary>
    public void Look(MachineReading now, int cores)
    {
        IdleShare = _window.IdleShare(now, cores);
        Runnable += (now.Runnable - Runnable) * (1 - Math.Exp(-((now.At - _at) / QueueWindow)));
        _at = now.At;
    }
}
