namespace Faas.Events.Tests.Cron.Oracle;

/// <summary>
/// Every minute of one year in a zone, with what a clock on the wall shows then. Only offsets are asked of the system's time zones; which local times are left
/// out and which come twice is read off the table.
/// </summary>
internal sealed class ZoneYear
{
    private ZoneYear(string zone, DateTimeOffset begin, int minutes)
    {
        Zone = zone;
        Begin = begin;
        Faces = new Face[minutes];
        Repeats = new bool[minutes];
    }

    public string Zone { get; }

    /// <summary>The first minute: New Year in UTC.</summary>
    public DateTimeOffset Begin { get; }

    /// <summary>What the clock shows at each minute.</summary>
    public Face[] Faces { get; }

    /// <summary>Whether the clock shows at a minute what it has shown before: the clock was turned back, and the hour (or half of one) runs a second time.</summary>
    public bool[] Repeats { get; }

    /// <summary>Where the clock was turned forward: the first minute after it, and every face that was never seen because of it.</summary>
    public List<(int Minute, List<Face> Unseen)> Gaps { get; } = [];

    public DateTimeOffset End => Begin.AddMinutes(Faces.Length);

    public static ZoneYear Of(string id, int year)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        var begin = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var table = new ZoneYear(id, begin, (int)(begin.AddYears(1) - begin).TotalMinutes);
        var before = (int)zone.GetUtcOffset(begin.AddMinutes(-1)).TotalMinutes;
        for (var minute = 0; minute < table.Faces.Length; minute++)
        {
            // Clocks are changed on quarter hours; asking for each minute's offset would take most of the time.
            var time = begin.AddMinutes(minute);
            var offset = minute % 15 == 0 ? (int)zone.GetUtcOffset(time).TotalMinutes : before;
            var local = time.UtcDateTime.AddMinutes(offset);
            table.Faces[minute] = Face.Of(local);
            if (offset > before)
            {
                table.Gaps.Add((minute, [.. Enumerable.Range(1, offset - before).Reverse().Select(back => Face.Of(local.AddMinutes(-back)))]));
            }
            else if (offset < before)
            {
                Array.Fill(table.Repeats, true, minute, Math.Min(before - offset, table.Repeats.Length - minute));
            }

            before = offset;
        }

        return table;
    }
}

/// <summary>What a clock and a calendar show: each field's value as one bit, so that a field of cron is matched by an AND.</summary>
internal readonly record struct Face(ulong Minute, uint Hour, uint Day, ushort Month, byte Weekday)
{
    public static Face Of(DateTime local) =>
        new(1UL << local.Minute, 1U << local.Hour, 1U << local.Day, (ushort)(1 << local.Month), (byte)(1 << (int)local.DayOfWeek));
}
