namespace Faas.Storage.Sqlite;

/// <summary>Times as they are stored: microseconds since 1970, in UTC, cut off below.</summary>
internal static class UnixMicroseconds
{
    public static long From(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long unixUs) => DateTimeOffset.UnixEpoch.AddTicks(unixUs * TimeSpan.TicksPerMicrosecond);

    public static long From(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    public static TimeSpan ToDuration(long us) => TimeSpan.FromTicks(us * TimeSpan.TicksPerMicrosecond);
}
