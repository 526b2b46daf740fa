namespace Faas.Events.Cron;

/// <summary>One firing of a trigger.</summary>
/// <param name="Id">The event's id, the same whenever this firing is decided, so that it is accepted once.</param>
/// <param name="ScheduledAt">The occurrence that it is for.</param>
/// <param name="FireAt">When it was to begin: <paramref name="ScheduledAt"/> and its jitter.</param>
internal sealed record CronFiring(string Id, DateTimeOffset ScheduledAt, DateTimeOffset FireAt)
{
    // An event's id has at most 128 characters; `cron-`, a hyphen and the seconds take up to 18 of them.
    private const int TriggerCharactersMax = 100;

    /// <summary>The firing of <paramref name="occurrence"/>.</summary>
    public static CronFiring Of(CronSchedule schedule, DateTimeOffset occurrence) =>
        new(IdOf(schedule.TriggerId, occurrence), occurrence, schedule.FireAt(occurrence));

    /// <summary>The id of a trigger's event for <paramref name="occurrence"/>: <c>cron-{trigger}-{seconds since 1970}</c>, a long trigger's id ending in its hash.</summary>
    public static string IdOf(string triggerId, DateTimeOffset occurrence)
    {
        var trigger = triggerId.Length <= TriggerCharactersMax ? triggerId : FormattableString.Invariant($"{triggerId[..80]}-{StableHash.Of(triggerId, 0):x16}");
        return FormattableString.Invariant($"cron-{trigger}-{occurrence.ToUnixTimeSeconds()}");
    }
}
