namespace Faas.Events.Cron;

/// <summary>One firing of a trigger.</summary>
/// <param name="Id">The event's id, the same whenever this firing is decided, so that it is accepted once.</param>
/// <param name="ScheduledAt">The occurrence that it is for.</param>
/// <param name="FireAt">When it was to begin: <paramref name="ScheduledAt"/> and its jitter.</param>
internal sealed record CronFiring(string Id, DateTimeOffset ScheduledAt, DateTimeOffset FireAt)
{
    // An event's id has at most 128 characters; `cron-`, `-manual-` and the milliseconds take up to 28 of them.
    private const int TriggerCharactersMax = 100;

    /// <summary>The firing of <paramref name="occurrence"/>.</summary>
    public static CronFiring Of(CronSchedule schedule, DateTimeOffset occurrence) =>
        new(IdOf(schedule.TriggerId, occurrence), occurrence, schedule.FireAt(occurrence));

    /// <summary>The id of a trigger's event for <paramref name="occurrence"/>: <c>cron-{function}.{name}-{seconds since 1970}</c>, a long trigger's id ending in its hash.</summary>
    public static string IdOf(string triggerId, DateTimeOffset occurrence)
    {
        return FormattableString.Invariant($"cron-{TextOf(triggerId)}-{occurrence.ToUnixTimeSeconds()}");
    }

    /// <summary>The id of an event that somebody asked for at <paramref name="now"/>, for no occurrence.</summary>
    public static string ManualIdOf(string triggerId, DateTimeOffset now) => FormattableString.Invariant($"cron-{TextOf(triggerId)}-manual-{now.ToUnixTimeMilliseconds()}");

    // No slash: ids stand in addresses. A trigger's name has no dot, so no two triggers get the same text.
    private static string TextOf(string triggerId)
    {
        var text = triggerId.Replace('/', '.');
        return text.Length <= TriggerCharactersMax ? text : FormattableString.Invariant($"{text[..80]}-{StableHash.Of(triggerId, 0):x16}");
    }
}
