namespace Faas.Storage;

/// <summary>Lengths of time that usage is summed by, in seconds. They begin at whole multiples in UTC.</summary>
public enum UsagePeriod
{
    /// <summary>A minute; kept for a day or two.</summary>
    Minute = 60,

    /// <summary>An hour; kept as long as raw records.</summary>
    Hour = 3600,

    /// <summary>A day; kept for ever.</summary>
    Day = 86_400,
}
