namespace Faas.Controller.Scaling;

/// <summary>
/// What a revision's instances do with the cores, looked at only when all cores are busy: whether they compute, so that more of them would only share the
/// same cores, or mostly wait. Passive; the fleet's lock guards it.
/// </summary>
internal sealed class CpuUse
{
    /// <summary>
    /// From this share of a core for each instance on, a function counts as computing. On busy cores everybody gets less than a core, so it must be well below
    /// one; a function that waits for others uses a few hundredths.
    /// </summary>
    private const double ComputingShare = 0.1;

    /// <summary>Between two looks, each of which takes a file for each instance.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>What was seen longer ago was another line.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(2);

    private DateTimeOffset _at;
    private TimeSpan _used;

    /// <summary>Whether its instances compute, as seen between the last two looks; null when there were no two in time.</summary>
    public bool? IsComputing { get; private set; }

    /// <summary>Whether it is time to look.</summary>
    public bool IsDue(DateTimeOffset now) => now - _at >= Interval || now < _at;

    /// <summary>Takes note of the CPU time that <paramref name="instances"/> have used together.</summary>
    public void Look(TimeSpan used, int instances, DateTimeOffset now)
    {
        var length = now - _at;
        IsComputing = length > StaleAfter || length <= TimeSpan.Zero || used < _used   // less than before: instances have gone
            ? null
            : (used - _used) / (length * Math.Max(1, instances)) >= ComputingShare;
        (_at, _used) = (now, used);
    }
}
