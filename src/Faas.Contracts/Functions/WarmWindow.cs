namespace Faas.Contracts.Functions;

/// <summary>A time at which instances are kept warm: from each occurrence of <see cref="Cron"/>, for a while.</summary>
public sealed record WarmWindow
{
    /// <summary>When it begins: five fields of cron (minute, hour, day of month, month, day of week), for example <c>0 8 * * MON-FRI</c>.</summary>
    public required string Cron { get; init; }

    /// <summary>How long it lasts, 1 min to 7 days.</summary>
    public required TimeSpan For { get; init; }

    /// <summary>The IANA time zone that <see cref="Cron"/> is in, for example <c>Europe/Berlin</c>. Default <c>UTC</c>.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Instances that are kept meanwhile, 1 to the function's <see cref="FunctionSpec.MaxInstances"/>. Default 1.</summary>
    public int Instances { get; set; } = 1;
}
