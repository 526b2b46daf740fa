namespace Faas.Controller.Scaling;

/// <summary>The cores' idle time since a revision last grew: what tells whether it may grow again. Passive; the fleet's lock guards it.</summary>
internal sealed class CpuWindow
{
    /// <summary>Shorter windows say little: the kernel counts idle time in hundredths of a second.</summary>
    private static readonly TimeSpan LengthMin = TimeSpan.FromMilliseconds(40);

    /// <summary>After this long the next one begins.</summary>
    private static readonly TimeSpan LengthMax = TimeSpan.FromMilliseconds(250);

    /// <summary>One that nobody has looked at for this long speaks of a load that is over.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(1);

    private MachineReading _from;
    private double? _idleShare;

    /// <summary>The revision grew: what was measured before says nothing any more.</summary>
    public void Restart(MachineReading now)
    {
        _from = now;
        _idleShare = null;
    }

    /// <summary>Share of the cores' time that was idle lately, since the last growth; null when it is too early to tell.</summary>
    public double? IdleShare(MachineReading now, int cores)
    {
        var length = now.At - _from.At;
        if (length > StaleAfter)
        {
            Restart(now);
            return null;
        }

        if (length > LengthMin)
        {
            _idleShare = Math.Clamp((now.Idle - _from.Idle) / (length * cores), 0, 1);
        }

        if (length > LengthMax)
        {
            _from = now;
        }

        return _idleShare;
    }
}
