namespace Faas.Events.Cron;

/// <summary>What a look at a trigger comes to.</summary>
/// <param name="Firings">What to accept now, in order.</param>
/// <param name="Skipped">What was left out at this look.</param>
/// <param name="State">What to keep, after <paramref name="Firings"/> were accepted; the same instance when nothing has changed.</param>
/// <param name="LookAgainAt">
/// When to look next; null when only an event can change anything. The caller also looks when the last firing ends, when the trigger is changed, and at the moment it
/// is paused and resumed. A look too early or too late does no harm.
/// </param>
internal sealed record CronDecision(IReadOnlyList<CronFiring> Firings, CronSkips Skipped, CronState State, DateTimeOffset? LookAgainAt)
{
    /// <summary>
    /// How far the clock is behind what was decided already: until it has made up for that, nothing fires, so that nothing fires twice. Long ones are worth a warning;
    /// to begin anew, forget the state.
    /// </summary>
    public TimeSpan ClockBehind { get; init; }
}

/// <summary>Firings that were left out.</summary>
/// <param name="Overlap">Because their predecessor had not ended.</param>
/// <param name="CatchUp">Because they were missed and not made up for.</param>
/// <param name="Paused">Because the trigger was paused.</param>
/// <param name="IsAtLeast">Whether there were more: not everything is counted after years of seconds.</param>
internal readonly record struct CronSkips(long Overlap, long CatchUp, long Paused, bool IsAtLeast)
{
    /// <summary>All of them.</summary>
    public long Total => Overlap + CatchUp + Paused;
}
