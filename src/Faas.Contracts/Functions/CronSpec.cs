namespace Faas.Contracts.Functions;

/// <summary>When a function is run by the clock, and what happens to firings that cannot happen at their time.</summary>
public sealed record CronSpec
{
    /// <summary>
    /// Five fields of cron (minute, hour, day of month, month, day of week), for example <c>0 8 * * MON-FRI</c>; six with seconds first;
    /// <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>; or <c>@every 90s</c> (<c>5m</c>, <c>1h30m</c>, <c>7d</c>) from 1 s to 366 days.
    /// With both days given, both must match. At most 200 characters.
    /// </summary>
    /// <remarks>
    /// Where a clock is turned forward, what falls into the gap fires once, right after it. Where it is turned back, times that are named (<c>30 2 * * *</c>) fire the
    /// first time only; a star, range or step in second, minute or hour (<c>*/10 * * * *</c>) goes on through both. <c>@every</c> knows no clock on a wall: its firings
    /// are the same moments before and after a restart, at an offset that differs from trigger to trigger.
    /// </remarks>
    public required string Schedule { get; init; }

    /// <summary>The IANA time zone that <see cref="Schedule"/> is in, for example <c>Europe/Berlin</c>. Default <c>UTC</c>.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>What happens to a firing whose predecessor has not ended. Default <see cref="OverlapPolicy.Skip"/>: a job that is slow for once does not pile up.</summary>
    public OverlapPolicy Overlap { get; set; } = OverlapPolicy.Skip;

    /// <summary>What happens to firings that were missed by more than a minute, mostly because the platform was down. Default <see cref="CatchUpPolicy.Last"/>.</summary>
    public CatchUpPolicy CatchUp { get; set; } = CatchUpPolicy.Last;

    /// <summary>Most firings that <see cref="CatchUpPolicy.All"/> makes up for, the newest ones, 1 to 1,000; the rest are counted as skipped. Default 100.</summary>
    public int CatchUpMax { get; set; } = 100;

    /// <summary>
    /// Each firing is delayed by a part of this, 0 s to 1 h, that is worked out from the trigger and the scheduled time: the same after a restart, different for
    /// another trigger. Never beyond the next scheduled time. Default 0 s.
    /// </summary>
    public TimeSpan Jitter { get; set; } = TimeSpan.Zero;

    /// <summary>JSON that the function is given, at most 64 KiB; null for the platform's own event, which tells trigger and times.</summary>
    public string? Payload { get; init; }
}

/// <summary>What happens to a firing at whose time its predecessor is still queued or running.</summary>
public enum OverlapPolicy
{
    /// <summary>It is left out and counted. Firings that <see cref="CatchUpPolicy.All"/> makes up for are not: they run one after the other, and leave out what comes meanwhile.</summary>
    Skip,

    /// <summary>It waits for its turn: one after the other. At most 1,100 wait; beyond that the oldest are left out and counted.</summary>
    Queue,

    /// <summary>It runs beside it.</summary>
    Allow,
}

/// <summary>What happens to missed firings.</summary>
public enum CatchUpPolicy
{
    /// <summary>They are left out and counted.</summary>
    None,

    /// <summary>The newest one is made up for, unless another firing is just due; the others are left out and counted.</summary>
    Last,

    /// <summary>They are made up for in order, at most <see cref="CronSpec.CatchUpMax"/> of them.</summary>
    All,
}
