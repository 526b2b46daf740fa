using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.Cron;

namespace Faas.Events.Tests.Cron;

public sealed class CronCursorTests
{
    private static readonly CronSpec Hourly = new() { Schedule = "0 * * * *" };

    [Fact]
    public void A_new_trigger_fires_only_what_is_scheduled_after_its_deployment()
    {
        var first = Decide(Hourly, null, "08:00:00");
        Assert.Empty(first.Firings);
        Assert.Equal(0, first.Skipped.Total);
        Assert.Equal(At("09:00:00"), first.LookAgainAt);
        Assert.Empty(Decide(Hourly, first.State, "08:59:59").Firings);
        Assert.Equal(["09:00:00"], Fired(Decide(Hourly, first.State, "09:00:00")));
    }

    [Fact]
    public void A_look_at_which_nothing_is_due_leaves_the_state_as_it_is()
    {
        var state = Decide(Hourly, null, "08:00:00").State;
        Assert.Same(state, Decide(Hourly, state, "08:30:00").State);
    }

    [Fact]
    public void A_firing_is_decided_once_and_the_next_look_is_at_the_next_one()
    {
        var fired = Decide(Hourly, Ready("08:00:00"), "09:00:00.250");
        Assert.Equal(["09:00:00"], Fired(fired));
        Assert.Equal(At("10:00:00"), fired.LookAgainAt);
        Assert.Empty(Decide(Hourly, fired.State, "09:00:00.300").Firings);
    }

    [Fact]
    public void A_firing_that_is_decided_again_after_a_crash_has_the_same_id()
    {
        var state = Ready("08:00:00");
        var before = Assert.Single(Decide(Hourly, state, "09:00:00").Firings);
        var after = Assert.Single(Decide(Hourly, state, "09:00:40").Firings);   // the state of the first look was lost
        Assert.Equal(before, after);
        Assert.Equal($"cron-reports.nightly-{At("09:00:00").ToUnixTimeSeconds()}", after.Id);
    }

    [Fact]
    public void An_id_is_never_longer_than_the_queue_allows()
    {
        var (one, other) = (new string('a', 127) + "1", new string('a', 127) + "2");
        Assert.InRange(CronFiring.IdOf(one, At("09:00:00")).Length, 1, 128);
        Assert.NotEqual(CronFiring.IdOf(one, At("09:00:00")), CronFiring.IdOf(other, At("09:00:00")));
    }

    [Fact]
    public void A_firing_late_by_less_than_a_minute_was_not_missed() =>
        Assert.Equal(["09:00:00"], Fired(Decide(Hourly with { CatchUp = CatchUpPolicy.None }, Ready("08:00:00"), "09:01:00")));

    [Theory]
    [InlineData(CatchUpPolicy.None, 4, "")]
    [InlineData(CatchUpPolicy.Last, 3, "12:00:00")]
    [InlineData(CatchUpPolicy.All, 0, "09:00:00 10:00:00 11:00:00 12:00:00")]
    public void After_a_downtime_missed_firings_are_made_up_for_as_the_policy_says(CatchUpPolicy policy, int skipped, string fired)
    {
        var decision = Decide(Hourly with { CatchUp = policy, Overlap = OverlapPolicy.Allow }, Ready("08:00:00"), "12:30:00");
        Assert.Equal(fired.Split(' ', StringSplitOptions.RemoveEmptyEntries), Fired(decision));
        Assert.Equal(new CronSkips(0, skipped, 0, false), decision.Skipped);
        Assert.Equal(At("13:00:00"), decision.LookAgainAt);
        Assert.Equal(At("12:00:00"), decision.State.DecidedThrough);
    }

    [Fact]
    public void The_last_missed_firing_is_not_made_up_for_when_another_is_just_due()
    {
        var decision = Decide(Hourly with { CatchUp = CatchUpPolicy.Last }, Ready("08:00:00"), "12:00:10");
        Assert.Equal(["12:00:00"], Fired(decision));
        Assert.Equal(3, decision.Skipped.CatchUp);
    }

    [Fact]
    public void Of_more_than_can_be_caught_up_the_newest_fire_and_the_others_are_counted()
    {
        var decision = Decide(Hourly with { CatchUp = CatchUpPolicy.All, CatchUpMax = 2, Overlap = OverlapPolicy.Allow }, Ready("00:00:00"), "12:30:00");
        Assert.Equal(["11:00:00", "12:00:00"], Fired(decision));
        Assert.Equal(10, decision.Skipped.CatchUp);
    }

    [Theory]
    [InlineData("* * * * * *", true)]
    [InlineData("* * * * 1 *", true)]     // a month of minutes in each year
    [InlineData("@every 1s", false)]      // which need not be walked to be counted
    public void After_years_of_downtime_the_newest_are_found_and_only_so_many_counted(string schedule, bool isAtLeast)
    {
        var spec = new CronSpec { Schedule = schedule, CatchUp = CatchUpPolicy.All, CatchUpMax = 3, Overlap = OverlapPolicy.Allow };
        var now = At("12:30:00");
        var parsed = CronScheduleTests.Parse(spec, "t");
        var decision = CronCursor.Decide(parsed, new CronState(parsed.Key, now.AddYears(-20)), new CronLook(now, false, false));
        Assert.Equal(isAtLeast, decision.Skipped.IsAtLeast);
        Assert.True(decision.Skipped.CatchUp >= (isAtLeast ? 10_000 : 630_000_000));
        Assert.Empty(parsed.Between(decision.State.DecidedThrough, now));
        var newest = decision.Firings.Select(firing => firing.ScheduledAt).ToList();
        Assert.Equal(parsed.Between(newest[0].AddSeconds(-1), now), newest);
    }

    [Fact]
    public void A_clock_set_back_fires_nothing_twice_and_says_so()
    {
        var state = Decide(Hourly, Ready("08:00:00"), "12:00:00").State;
        var back = Decide(Hourly, state, "09:30:00");
        Assert.Empty(back.Firings);
        Assert.Equal(TimeSpan.FromMinutes(150), back.ClockBehind);
        Assert.Equal(At("13:00:00"), back.LookAgainAt);
        Assert.Empty(Decide(Hourly, state, "12:59:59").Firings);
        Assert.Equal(["13:00:00"], Fired(Decide(Hourly, state, "13:00:00")));
    }

    [Fact]
    public void A_changed_schedule_makes_up_for_nothing()
    {
        var daily = Hourly with { Schedule = "30 * * * *", CatchUp = CatchUpPolicy.All };
        var changed = Decide(daily, Ready("08:00:00"), "12:40:00");
        Assert.Empty(changed.Firings);
        Assert.Equal(0, changed.Skipped.Total);
        Assert.Equal(["13:30:00"], Fired(Decide(daily, changed.State, "13:30:00")));
    }

    [Fact]
    public void A_changed_schedule_fires_nothing_twice_when_the_clock_was_set_back()
    {
        var state = Decide(Hourly, Ready("08:00:00"), "12:00:00").State;
        var often = Hourly with { Schedule = "*/30 * * * *" };
        state = Decide(often, state, "09:10:00").State;
        Assert.Empty(Decide(often, state, "12:00:00").Firings);
        Assert.Equal(["12:30:00"], Fired(Decide(often, state, "12:30:00")));
    }

    [Fact]
    public void Changing_anything_but_the_schedule_changes_no_moment_that_is_decided()
    {
        var state = Ready("08:00:00");
        Assert.Equal(["09:00:00"], Fired(Decide(Hourly with { Payload = "1", CatchUp = CatchUpPolicy.None }, state, "09:00:00")));
        Assert.Equal(["09:00:00"], Fired(Decide(new CronSpec { Schedule = " 0  * * * *" }, state, "09:00:00")));
    }

    [Fact]
    public void What_comes_due_during_a_pause_is_counted_and_never_made_up_for()
    {
        var spec = Hourly with { CatchUp = CatchUpPolicy.All };
        var paused = Decide(spec, Ready("08:00:00"), "08:30:00", isPaused: true);
        Assert.True(paused.State.IsPaused);
        Assert.Null(paused.LookAgainAt);
        var during = Decide(spec, paused.State, "09:10:00", isPaused: true);
        Assert.Equal(new CronSkips(0, 0, 1, false), during.Skipped);
        var resumed = Decide(spec, during.State, "12:30:00");
        Assert.Empty(resumed.Firings);
        Assert.Equal(new CronSkips(0, 0, 3, false), resumed.Skipped);
        Assert.Equal(At("13:00:00"), resumed.LookAgainAt);
        Assert.Equal(["13:00:00"], Fired(Decide(spec, resumed.State, "13:00:00")));
    }

    [Fact]
    public void A_pause_holds_over_a_downtime()
    {
        var paused = Decide(Hourly, Ready("08:00:00"), "08:30:00", isPaused: true).State;
        Assert.Equal(4, Decide(Hourly, paused, "12:30:00").Skipped.Paused);
    }

    [Fact]
    public void A_firing_waits_for_its_jitter_and_the_look_is_at_that_moment()
    {
        var spec = Hourly with { Jitter = TimeSpan.FromMinutes(30) };
        var fireAt = CronScheduleTests.Parse(spec, "reports.nightly").FireAt(At("09:00:00"));
        Assert.True(fireAt > At("09:00:00"));
        var early = Decide(spec, Ready("08:00:00"), "09:00:00");
        Assert.Empty(early.Firings);
        Assert.Equal(fireAt, early.LookAgainAt);
        var firing = Assert.Single(CronCursor.Decide(CronScheduleTests.Parse(spec, "reports.nightly"), early.State, new CronLook(fireAt, false, false)).Firings);
        Assert.Equal((At("09:00:00"), fireAt), (firing.ScheduledAt, firing.FireAt));
    }

    internal static CronState Ready(string since, CronSpec? spec = null) => Decide(spec ?? Hourly, null, since).State;

    internal static CronDecision Decide(CronSpec spec, CronState? state, string now, bool isOpen = false, bool isPaused = false) =>
        CronCursor.Decide(CronScheduleTests.Parse(spec, "reports.nightly"), state, new CronLook(At(now), isOpen, isPaused));

    internal static IEnumerable<string> Fired(CronDecision decision) => decision.Firings.Select(firing => firing.ScheduledAt.ToString("HH:mm:ss", CultureInfo.InvariantCulture));

    internal static DateTimeOffset At(string time) => CronScheduleTests.At($"2026-11-29T{time}Z");
}
