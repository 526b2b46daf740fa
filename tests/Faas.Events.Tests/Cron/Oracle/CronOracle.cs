namespace Faas.Events.Tests.Cron.Oracle;

/// <summary>
/// When a schedule fires, found without any parser or calendar of cron: every minute of the year is looked at. The rules about changed clocks, by hand:
/// <list type="bullet">
/// <item>Local times that a clock turned forward leaves out are made up for by one firing, at the first moment after the gap.</item>
/// <item>Local times that a clock turned back shows twice count once, the first time, for schedules that name their times (<c>30 2 * * *</c>),</item>
/// <item>and both times for those with a star, a range or a step in second, minute or hour (<c>*/10 * * * *</c>).</item>
/// </list>
/// </summary>
internal static class CronOracle
{
    /// <summary>All firings of the year, in seconds since 1970, in order.</summary>
    public static List<long> Firings(ZoneYear year, RandomCron cron)
    {
        var firings = new List<long>();
        var begin = year.Begin.ToUnixTimeSeconds();
        var gap = 0;
        var faces = year.Faces;
        for (var minute = 0; minute < faces.Length; minute++)
        {
            var time = begin + 60L * minute;
            if (gap < year.Gaps.Count && year.Gaps[gap].Minute == minute)
            {
                if (year.Gaps[gap++].Unseen.Exists(face => cron.Matches(face)) && !(cron.Matches(faces[minute]) && cron.Seconds[0] == 0))
                {
                    firings.Add(time);
                }
            }

            if (cron.Matches(faces[minute]) && (cron.IsInterval || !year.Repeats[minute]))
            {
                foreach (var second in cron.Seconds)
                {
                    firings.Add(time + second);
                }
            }
        }

        return firings;
    }
}
