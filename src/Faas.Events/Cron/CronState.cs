namespace Faas.Events.Cron;

/// <summary>What is kept of a trigger between looks, durably. Written after its firings were accepted: a crash in between repeats them under the same ids.</summary>
/// <param name="Schedule">The <see cref="CronSchedule.Key"/> that the rest is about.</param>
/// <param name="DecidedThrough">Every occurrence up to this one is dealt with: fired, waiting or skipped. At first the moment of deployment.</param>
internal sealed record CronState(string Schedule, DateTimeOffset DecidedThrough)
{
    /// <summary>Occurrences that wait for their predecessor's end, in order, at most <see cref="CronCursor.WaitingMax"/>.</summary>
    public IReadOnlyList<DateTimeOffset> Waiting { get; init; } = [];

    /// <summary>The occurrence fired last, by which the caller finds out whether it has ended (<see cref="CronFiring.IdOf"/>); null when none was.</summary>
    public DateTimeOffset? LastFired { get; init; }

    /// <summary>Whether the trigger was paused at the last look.</summary>
    public bool IsPaused { get; init; }
}

/// <summary>What is so at a look.</summary>
/// <param name="Now">The time.</param>
/// <param name="IsPreviousOpen">Whether the event of <see cref="CronState.LastFired"/> is queued or running; a dead letter is not.</param>
/// <param name="IsPaused">Whether the user has paused the trigger.</param>
internal readonly record struct CronLook(DateTimeOffset Now, bool IsPreviousOpen, bool IsPaused);
