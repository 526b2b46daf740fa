using Faas.Contracts.Functions;
using Faas.Events.Cron;
using static Faas.Events.Tests.Cron.CronCursorTests;

namespace Faas.Events.Tests.Cron;

public sealed class CronOverlapTests
{
    private static readonly CronSpec Skip = new() { Schedule = "*/10 * * * *", CatchUpMax = 1000 };
    private static readonly CronSpec Queue = Skip with { Overlap = OverlapPolicy.Queue };
    private static readonly CronSpec Allow = Skip with { Overlap = OverlapPolicy.Allow };

    [Fact]
    public void Skip_leaves_out_and_counts_a_firing_whose_predecessor_has_not_ended()
    {
        var first = Decide(Skip, Ready("08:00:00", Skip), "08:10:00");
        var second = Decide(Skip, first.State, "08:20:00", isOpen: true);
        Assert.Empty(second.Firings);
        Assert.Equal(new CronSkips(1, 0, 0, false), second.Skipped);
        Assert.Empty(Decide(Skip, second.State, "08:25:00").Firings);   // it has ended; what was left out is gone
        Assert.Equal(["08:30:00"], Fired(Decide(Skip, second.State, "08:30:00")));
    }

    [Fact]
    public void Skip_fires_one_of_several_that_are_due_at_once()
    {
        var spec = new CronSpec { Schedule = "* * * * * *" };
        var decision = Decide(spec, Ready("08:00:00", spec), "08:00:05");
        Assert.Equal(["08:00:01"], Fired(decision));
        Assert.Equal(4, decision.Skipped.Overlap);
    }

    [Fact]
    public void Skip_does_not_make_up_for_the_last_missed_one_while_its_predecessor_runs()
    {
        var decision = Decide(Skip, Ready("08:00:00", Skip), "09:05:00", isOpen: true);
        Assert.Empty(decision.Firings);
        Assert.Equal(new CronSkips(1, 5, 0, false), decision.Skipped);
    }

    [Fact]
    public void Skip_with_all_caught_up_runs_the_missed_ones_one_after_the_other_and_leaves_out_what_comes_meanwhile()
    {
        var spec = Skip with { CatchUp = CatchUpPolicy.All };
        var first = Decide(spec, Ready("08:00:00", spec), "08:35:00");
        Assert.Equal(["08:10:00"], Fired(first));
        Assert.Equal(2, first.State.Waiting.Count);
        var meanwhile = Decide(spec, first.State, "08:40:00", isOpen: true);
        Assert.Equal(1, meanwhile.Skipped.Overlap);
        var second = Decide(spec, meanwhile.State, "08:41:00");
        Assert.Equal(["08:20:00"], Fired(second));
        var third = Decide(spec, second.State, "08:42:00");
        Assert.Equal(["08:30:00"], Fired(third));
        Assert.Equal(["08:50:00"], Fired(Decide(spec, third.State, "08:50:00")));
    }

    [Fact]
    public void Queue_fires_one_after_the_other_in_order_however_late_the_predecessor_ends()
    {
        var first = Decide(Queue, Ready("08:00:00", Queue), "08:10:00");
        Assert.Equal(["08:10:00"], Fired(first));
        var second = Decide(Queue, first.State, "08:20:00", isOpen: true);
        Assert.Empty(second.Firings);
        Assert.Equal(0, second.Skipped.Total);
        var third = Decide(Queue, second.State, "08:30:00", isOpen: true);
        Assert.Same(third.State, Decide(Queue, third.State, "08:31:00", isOpen: true).State);
        var turn = Decide(Queue, third.State, "08:35:00");
        Assert.Equal(["08:20:00"], Fired(turn));
        Assert.Equal(["08:30:00"], Fired(Decide(Queue, turn.State, "08:36:00")));
    }

    [Fact]
    public void Queue_is_no_backlog_without_end_the_oldest_are_left_out_and_counted()
    {
        var state = Decide(Queue, Ready("08:00:00", Queue), "08:10:00").State;
        var (waiting, skipped) = (0, 0L);
        for (var i = 0; i < 1_300; i++)
        {
            var decision = CronCursor.Decide(CronScheduleTests.Parse(Queue, "reports.nightly"), state, new CronLook(At("08:20:00").AddMinutes(10 * i), true, false));
            Assert.Empty(decision.Firings);
            (state, waiting, skipped) = (decision.State, decision.State.Waiting.Count, skipped + decision.Skipped.Overlap);
        }

        Assert.Equal((CronCursor.WaitingMax, 200), (waiting, skipped));
        Assert.Equal(At("08:20:00").AddMinutes(2000), state.Waiting[0]);
    }

    [Fact]
    public void What_waits_survives_a_downtime_and_is_not_taken_for_missed()
    {
        var none = Queue with { CatchUp = CatchUpPolicy.None };
        var state = Decide(none, Ready("08:00:00", none), "08:10:00").State;
        state = Decide(none, state, "08:20:00", isOpen: true).State;
        var later = Decide(none, state, "12:05:00");
        Assert.Equal(["08:20:00"], Fired(later));
        Assert.Equal(22, later.Skipped.CatchUp);
    }

    [Fact]
    public void What_waits_is_skipped_by_a_pause_and_kept_by_a_changed_schedule()
    {
        var state = Decide(Queue, Ready("08:00:00", Queue), "08:10:00").State;
        state = Decide(Queue, state, "08:20:00", isOpen: true).State;
        Assert.Equal(1, Decide(Queue, state, "08:21:00", isOpen: true, isPaused: true).Skipped.Paused);
        Assert.Equal(["08:20:00"], Fired(Decide(Queue with { Schedule = "0 0 * * *" }, state, "08:25:00")));
    }

    [Fact]
    public void Allow_fires_beside_a_predecessor_that_has_not_ended()
    {
        var decision = Decide(Allow, Ready("08:00:00", Allow), "08:10:00", isOpen: true);
        Assert.Equal(["08:10:00"], Fired(decision));
        Assert.Equal(0, decision.Skipped.Total);
    }

    [Fact]
    public void Allow_fires_at_once_what_waited_under_another_policy()
    {
        var state = Decide(Queue, Ready("08:00:00", Queue), "08:10:00").State;
        state = Decide(Queue, state, "08:20:00", isOpen: true).State;
        Assert.Equal(["08:20:00"], Fired(Decide(Allow, state, "08:21:00", isOpen: true)));
    }
}
