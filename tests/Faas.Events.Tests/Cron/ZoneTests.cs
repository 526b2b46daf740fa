using Faas.Contracts.Functions;
using Faas.Events.Tests.Cron.Oracle;

namespace Faas.Events.Tests.Cron;

public sealed class ZoneTests
{
    private const int Seed = 41;

    // One of each kind: at midnight, by half an hour and two hours, summer as the standard time, Ramadan, on weekdays, far from full hours, a standard that has changed.
    private static readonly string[] Zones =
    [
        "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/Nuuk", "America/Santiago", "America/St_Johns", "Antarctica/Troll",
        "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Chatham", "Pacific/Norfolk",
    ];

    [Theory]
    [InlineData(2024)]   // every change of this year is listed in the zones' files
    [InlineData(2027)]   // and of this one only the rule is, for most
    public void Schedules_come_when_the_oracle_says_in_every_kind_of_zone(int year)
    {
        var tables = Zones.Select(zone => ZoneYear.Of(zone, year)).ToList();
        foreach (var (index, table) in tables.Index())
        {
            var random = new Random(Seed + index);
            for (var i = 0; i < 25; i++)
            {
                var cron = new RandomCron(random);
                var expected = CronOracle.Firings(table, cron);
                if (expected.Count <= 5_000)
                {
                    var schedule = CronScheduleTests.Parse(new CronSpec { Schedule = cron.Text, TimeZone = table.Zone }, "t");
                    var times = schedule.Between(table.Begin.AddSeconds(-1), table.End.AddSeconds(-1)).Take(expected.Count + 1).Select(time => time.ToUnixTimeSeconds());
                    Assert.True(expected.SequenceEqual(times), $"seed {Seed}: '{cron.Text}' in {table.Zone}, {year}");
                }
            }
        }
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("Europe/Dublin")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/Santiago")]
    public void The_next_time_does_not_depend_on_when_it_is_asked_for(string zone)
    {
        var table = ZoneYear.Of(zone, 2026);
        var changes = table.Gaps.Select(gap => gap.Minute).Append(Array.IndexOf(table.Repeats, true)).ToList();
        var random = new Random(Seed);
        for (var i = 0; i < 60; i++)
        {
            var cron = new RandomCron(random);
            var expected = CronOracle.Firings(table, cron);
            var schedule = CronScheduleTests.Parse(new CronSpec { Schedule = cron.Text, TimeZone = zone }, "t");
            foreach (var change in changes)
            {
                for (var seconds = -9000; seconds < 9000; seconds += random.Next(1, 900))
                {
                    var time = table.Begin.AddMinutes(change).AddSeconds(seconds);
                    var next = expected.BinarySearch(time.ToUnixTimeSeconds()) is var found && found >= 0 ? found + 1 : ~found;
                    if (next < expected.Count)
                    {
                        Assert.True(expected[next] == schedule.Next(time)?.ToUnixTimeSeconds(), $"seed {Seed}: '{cron.Text}' in {zone} after {time:O}");
                    }
                }
            }
        }
    }
}
