namespace Faas.Storage;

/// <summary>Lengths of time that usage is summed by, in seconds. They begin at whole multiples in UTC.</summary>
public enum UsagePeriod
{
    /// <summary>An hour; kept as long as raw records.</summary>
    Hour = 3600,

    /// <summary>A day; kept for ever.</summary>
    Day = 86_400,
}
