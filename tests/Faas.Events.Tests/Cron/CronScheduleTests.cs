using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.Cron;

namespace Faas.Events.Tests.Cron;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("0 8 * * MON-FRI", "2026-11-27T08:00:00Z", "2026-11-30T08:00:00Z")]
    [InlineData("15 0 8 * * *", "2026-11-29T00:00:00Z", "2026-11-29T08:00:15Z")]
    [InlineData("  0  8 * *\t* ", "2026-11-29T00:00:00Z", "2026-11-29T08:00:00Z")]
    [InlineData("@hourly", "2026-11-29T08:00:00Z", "2026-11-29T09:00:00Z")]
    [InlineData("@daily", "2026-11-29T08:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData("@Weekly", "2026-11-29T08:00:00Z", "2026-12-06T00:00:00Z")]
    [InlineData("@monthly", "2026-11-29T08:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData("@yearly", "2026-11-29T08:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-11-29T08:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 L * *", "2026-11-29T08:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData("0 0 13 * FRI", "2026-11-29T08:00:00Z", "2027-08-13T00:00:00Z")]
    public void A_schedule_comes_at_the_times_that_it_says(string schedule, string after, string next) => Assert.Equal(At(next), Parse(schedule).Next(At(after)));

    [Theory]
    [InlineData("61 * * * *", "Minutes")]
    [InlineData("* * * *", "five fields")]
    [InlineData("* * * * * * *", "five fields")]
    [InlineData("a b c d e", "'a b c d e'")]
    [InlineData("", "five fields")]
    [InlineData("   ", "five fields")]
    [InlineData("0 0 31 2 *", "never comes")]
    [InlineData("H * * * *", "jitter")]
    [InlineData("@fortnightly", "@weekly")]
    [InlineData("@every_second", "@every 5m")]
    [InlineData("@", "@weekly")]
    [InlineData("@every", "@every 90s")]
    [InlineData("@every 0s", "1s to 366d")]
    [InlineData("@every 367d", "1s to 366d")]
    [InlineData("@every 5", "@every 90s")]
    [InlineData("@every m", "@every 90s")]
    [InlineData("@every -5m", "@every 90s")]
    [InlineData("@every 1.5h", "@every 90s")]
    [InlineData("@every 5m1h", "@every 90s")]
    [InlineData("@every 9999999999s", "@every 90s")]
    public void What_is_no_schedule_is_answered_with_a_sentence(string schedule, string part)
    {
        Assert.False(CronSchedule.TryParse("t", new CronSpec { Schedule = schedule }, out var parsed, out var problem));
        Assert.Null(parsed);
        Assert.Contains(part, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    public void What_is_no_time_zone_is_named(string zone)
    {
        Assert.False(CronSchedule.TryParse("t", new CronSpec { Schedule = "@daily", TimeZone = zone }, out _, out var problem));
        Assert.Contains($"'{zone}' is not a time zone", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]          // 2:00 becomes 3:00
    [InlineData("America/Santiago", "0 0 * * *", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z")]        // midnight becomes 1:00
    [InlineData("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z")]    // 2:00 becomes 2:30
    [InlineData("Europe/Dublin", "30 1 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]          // whose standard time is summer
    public void A_time_that_the_clock_leaves_out_fires_once_right_after_the_gap(string zone, string schedule, string after, string next)
    {
        var parsed = Parse(schedule, zone);
        Assert.Equal(At(next), parsed.Next(At(after)));
        Assert.True(parsed.Next(At(next)) > At(next).AddHours(20));
    }

    [Theory]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z")]
    [InlineData("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T10:00:00Z", "2026-04-04T14:45:00Z")]
    [InlineData("Africa/Casablanca", "30 2 * * *", "2026-02-14T12:00:00Z", "2026-02-15T01:30:00Z")]      // turned back for Ramadan
    public void A_named_time_that_the_clock_shows_twice_fires_the_first_time(string zone, string schedule, string after, string next)
    {
        var parsed = Parse(schedule, zone);
        Assert.Equal(At(next), parsed.Next(At(after)));
        Assert.True(parsed.Next(At(next)) > At(next).AddHours(20));
        Assert.True(parsed.Next(At(next).AddMinutes(50)) > At(next).AddHours(20), "A look within the second showing finds it again.");
    }

    [Theory]
    [InlineData("*/30 * * * *", "00:00 00:30 01:00 01:30 02:00")]
    [InlineData("*/30 2 * * *", "00:00 00:30 01:00 01:30")]
    [InlineData("15 2-3 * * *", "00:15 01:15 02:15")]
    public void A_star_or_range_or_step_goes_on_through_the_hour_that_comes_twice(string schedule, string times)
    {
        var night = Parse(schedule, "Europe/Berlin").Between(At("2026-10-24T23:59:59Z"), At("2026-10-25T02:29:59Z"));
        Assert.Equal(times.Split(' '), night.Select(time => time.ToString("HH:mm", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Nothing_comes_after_the_last_year() => Assert.Null(Parse("@yearly").Next(At("2099-06-01T00:00:00Z")));

    [Fact]
    public void A_time_before_all_times_is_no_mishap() => Assert.NotNull(Parse("@daily", "Europe/Berlin").Next(default));

    [Theory]
    [InlineData("@every 90s", 90)]
    [InlineData("@every 5m", 300)]
    [InlineData("@every  1h30m ", 5400)]
    [InlineData("@EVERY 7D", 604_800)]
    public void Every_is_as_long_as_it_says_whatever_the_clocks_do(string schedule, int seconds)
    {
        var times = Parse(schedule, "Europe/Berlin").Between(At("2026-10-20T00:00:00Z"), At("2026-11-20T00:00:00Z")).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(seconds, (pair.Second - pair.First).TotalSeconds));
        Assert.InRange(times.Count, 31 * 86_400 / seconds, 31 * 86_400 / seconds + 1);
    }

    [Fact]
    public void Every_comes_at_the_same_moments_after_a_restart()
    {
        var before = Parse("@every 7m").Between(At("2026-11-29T00:00:00Z"), At("2026-11-30T00:00:00Z"));
        var after = Parse("@every 7m").Between(At("2026-11-29T12:34:56Z"), At("2026-11-30T00:00:00Z"));
        Assert.Equal(before.Where(time => time > At("2026-11-29T12:34:56Z")), after);
    }

    [Fact]
    public void Every_of_different_triggers_is_spread_over_the_interval()
    {
        var firsts = Enumerable.Range(0, 600).Select(i => Parse("@every 10m", id: $"trigger-{i}").Next(At("2026-11-29T00:00:00Z"))!.Value).ToList();
        var perMinute = firsts.GroupBy(time => time.Minute).Select(group => group.Count()).ToList();
        Assert.True(perMinute.Count >= 10);
        Assert.All(perMinute, count => Assert.InRange(count, 30, 100));   // 60 on average; were they together, one minute had all
    }

    [Fact]
    public void Jitter_is_the_same_after_a_restart_and_another_for_each_trigger_and_firing()
    {
        var spec = new CronSpec { Schedule = "@daily", Jitter = TimeSpan.FromMinutes(10) };
        List<TimeSpan> Delays(string id) => [.. Parse(spec, id).Between(At("2026-01-01T12:00:00Z"), At("2026-04-11T12:00:00Z")).Select(time => Parse(spec, id).FireAt(time) - time)];
        var delays = Delays("a");
        Assert.Equal(delays, Delays("a"));
        Assert.True(delays.Distinct().Count() > 90);
        Assert.True(delays.Zip(Delays("b")).Count(pair => pair.First != pair.Second) > 90);
        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, TimeSpan.FromMinutes(10)));
        Assert.InRange(delays.Average(delay => delay.TotalMinutes), 4, 6);
    }

    [Fact]
    public void Jitter_never_reaches_the_next_scheduled_time()
    {
        var schedule = Parse(new CronSpec { Schedule = "* * * * *", Jitter = TimeSpan.FromHours(1) }, "a");
        var times = schedule.Between(At("2026-11-29T00:00:00Z"), At("2026-11-30T00:00:00Z")).ToList();
        Assert.All(times, time => Assert.InRange(schedule.FireAt(time) - time, TimeSpan.Zero, TimeSpan.FromMilliseconds(59_999)));
    }

    internal static CronSchedule Parse(string schedule, string zone = "UTC", string id = "t") => Parse(new CronSpec { Schedule = schedule, TimeZone = zone }, id);

    internal static CronSchedule Parse(CronSpec spec, string id)
    {
        Assert.True(CronSchedule.TryParse(id, spec, out var schedule, out var problem), problem);
        return schedule;
    }

    internal static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
}
