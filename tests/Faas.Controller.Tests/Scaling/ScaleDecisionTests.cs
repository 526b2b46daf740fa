using Faas.Contracts.Functions;
using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class ScaleDecisionTests
{
    private static readonly FunctionSpec Spec = new() { Name = "f", Runtime = Runtimes.Python, MaxInstances = 10 };

    private static readonly int[] Lengths = [0, 1, 7, 300];
    private static readonly double[] Runs = [0, 0.3, 40];
    private static readonly double?[] Idles = [null, 0, 0.5];

    [Fact]
    public void From_zero_one_waiting_request_starts_one_instance() =>
        Assert.Equal(new ScaleAnswer(0, 1, ScaleReason.FromZero), ScaleDecision.Decide(Question(waiting: 1)));

    [Fact]
    public void Without_a_line_nothing_is_done() =>
        Assert.Equal(ScaleReason.NobodyWaits, ScaleDecision.Decide(Question(waiting: 0, awake: 1)).Reason);

    [Fact]
    public void A_request_that_an_instance_is_already_coming_for_starts_no_other() =>
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.Covered), ScaleDecision.Decide(Question(waiting: 1, coming: 1)));

    [Fact]
    public void Slots_that_the_gateway_has_not_heard_of_yet_cover_the_line_as_those_that_are_coming_do() =>
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.Covered), ScaleDecision.Decide(Question(waiting: 1, awake: 1, slots: 0, runMs: 1000)));

    [Fact]
    public void A_burst_on_an_unknown_function_starts_one_for_each_core_and_looks_again() =>
        Assert.Equal(2, ScaleDecision.Decide(Question(waiting: 20)).Start);

    [Fact]
    public void A_line_of_fast_invocations_is_left_to_clear_by_itself() =>
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.ClearsByItself), ScaleDecision.Decide(Question(waiting: 8, awake: 1, runMs: 1)));

    [Fact]
    public void The_slower_an_activation_the_longer_a_line_is_left_to_clear_by_itself()
    {
        var question = Question(waiting: 50, awake: 1, runMs: 10);
        Assert.Equal(1, ScaleDecision.Decide(question).Start);
        Assert.Equal(0, ScaleDecision.Decide(question with { ActivationMs = 600 }).Start);
    }

    /// <summary>A thousand requests/s of 5 ms are five at the same time; a line of 250 cleared in a quarter of a second needs five more.</summary>
    [Fact]
    public void As_many_are_needed_as_carry_what_arrives_and_clear_the_line_soon()
    {
        var question = Question(waiting: 250, awake: 8, runMs: 5, idle: 0.5) with { ArrivalsPerSecond = 1000, ActivationMs = 5 };
        Assert.Equal(10, ScaleDecision.Needed(question));
        Assert.Equal(2, ScaleDecision.Decide(question).Start);
    }

    /// <summary>No more events are in the line than may run at the same time, so the line alone looks as if it were nearly done.</summary>
    [Fact]
    public void Events_that_wait_behind_the_line_are_work_for_more_instances()
    {
        var question = Question(waiting: 2, awake: 3, runMs: 10, idle: 0.7) with { ArrivalsPerSecond = 200, ActivationMs = 5 };
        Assert.Equal(0, ScaleDecision.Decide(question).Start);
        Assert.Equal(2, ScaleDecision.Decide(question with { Load = question.Load with { Queued = 10_000 } }).Start);
        Assert.Equal(ScaleReason.CoresBusy, ScaleDecision.Decide(question with { Load = question.Load with { Queued = 10_000 }, Machine = new MachineLoad(2, 0.05), IsComputing = true }).Reason);
    }

    /// <summary>17,000 that take 0.1 ms each were given eight instances, thawed and frozen again and again, while one ran all that the queue could hand out.</summary>
    [Fact]
    public void Events_that_are_run_soon_enough_need_no_more_instances()
    {
        var question = Question(waiting: 4, awake: 1, runMs: 0.1, idle: 0.7) with { ArrivalsPerSecond = 2000, ActivationMs = 20 };
        Assert.Equal(ScaleReason.ClearsByItself, ScaleDecision.Decide(question with { Load = question.Load with { Queued = 17_000 } }).Reason);
        Assert.Equal(1, ScaleDecision.Decide(question with { Load = question.Load with { Queued = 110_000 } }).Start);
    }

    [Fact]
    public void Events_start_nothing_that_they_may_not_use() =>
        Assert.Equal(ScaleReason.NobodyWaits, ScaleDecision.Decide(Question(waiting: 0, awake: 1, runMs: 10) with { Load = new LineLoad(0, 1, 1, 10, TimeSpan.Zero) { Queued = 10_000 } }).Reason);

    [Fact]
    public void A_line_behind_an_unusually_long_invocation_gets_one_more()
    {
        var question = Question(waiting: 1, awake: 1, runMs: 5, idle: 0.5, oldest: TimeSpan.FromMilliseconds(300)) with { ArrivalsPerSecond = 3 };
        Assert.Equal(1, ScaleDecision.Decide(question).Start);
        Assert.Equal(ScaleReason.ClearsByItself, ScaleDecision.Decide(question with { Load = question.Load with { Oldest = TimeSpan.FromMilliseconds(200) } }).Reason);
    }

    [Fact]
    public void A_head_is_late_by_usual_running_times_and_not_by_an_average_of_long_ones()
    {
        var question = Question(waiting: 4, awake: 1, runMs: 1600, idle: 0.5, oldest: TimeSpan.FromSeconds(2)) with { CleanRunMs = 5 };
        Assert.Equal(1, ScaleDecision.Decide(question).Start);
        Assert.Equal(ScaleReason.EnoughForTheRate, ScaleDecision.Decide(question with { Load = question.Load with { Oldest = TimeSpan.FromMilliseconds(200) } }).Reason);
    }

    [Fact]
    public void Running_times_that_busy_cores_have_made_long_call_for_no_further_instance()
    {
        var question = Question(waiting: 100, awake: 10, runMs: 60, idle: 0) with { ArrivalsPerSecond = 1000, CleanRunMs = 5, IsComputing = false };
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.EnoughForTheRate), ScaleDecision.Decide(question));
    }

    [Fact]
    public void Up_to_one_instance_for_each_core_needs_no_measurement() =>
        Assert.Equal(1, ScaleDecision.Decide(Question(waiting: 30, awake: 1, runMs: 100, idle: null)).Start);

    [Fact]
    public void Beyond_one_for_each_core_growth_waits_for_a_measurement() =>
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.AwaitsMeasurement), ScaleDecision.Decide(Question(waiting: 30, awake: 2, runMs: 100, idle: null)));

    [Fact]
    public void On_idle_cores_it_grows_by_one_for_each_core()
    {
        Assert.Equal(2, ScaleDecision.Decide(Question(waiting: 30, awake: 2, runMs: 100, idle: 0.4)).Start);
        Assert.Equal(2, ScaleDecision.Decide(Question(waiting: 30, awake: 4, runMs: 100, idle: 0.2)).Start);
    }

    [Fact]
    public void Of_what_takes_a_fifth_of_the_cores_four_times_as_much_finds_room()
    {
        Assert.Equal(8, ScaleDecision.Decide(Question(waiting: 30, awake: 2, runMs: 100, idle: 0.8)).Start);
        Assert.Equal(3, ScaleDecision.Decide(Question(waiting: 3, awake: 2, runMs: 1000, idle: 0.8)).Start);   // and no more than the line needs
    }

    [Fact]
    public void What_is_under_way_counts_as_growth()
    {
        Assert.Equal(1, ScaleDecision.Decide(Question(waiting: 300, awake: 4, coming: 1, runMs: 100, idle: 0.2)).Start);
        Assert.Equal(0, ScaleDecision.Decide(Question(waiting: 300, awake: 9, coming: 2, runMs: 100, idle: 0.15) with { MaxInstances = 100 }).Start);
        Assert.Equal(0, ScaleDecision.Decide(Question(waiting: 300, coming: 2, idle: 0.8)).Start);
    }

    [Fact]
    public void On_busy_cores_a_line_gets_no_further_instance() =>
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.CoresBusy), ScaleDecision.Decide(Question(waiting: 126, awake: 2, runMs: 1, idle: 0.02) with { ActivationMs = 5, ArrivalsPerSecond = 1900 }));

    [Fact]
    public void On_busy_cores_a_function_without_any_instance_gets_one_all_the_same() =>
        Assert.Equal(1, ScaleDecision.Decide(Question(waiting: 1, idle: 0)).Start);

    [Fact]
    public void On_busy_cores_a_head_that_has_waited_a_second_gets_one_more_each_second()
    {
        var stuck = Question(waiting: 50, awake: 2, runMs: 300, idle: 0, oldest: TimeSpan.FromSeconds(1.5));
        Assert.Equal(1, ScaleDecision.Decide(stuck with { SinceGrowth = TimeSpan.FromSeconds(1) }).Start);
        Assert.Equal(0, ScaleDecision.Decide(stuck with { SinceGrowth = TimeSpan.FromSeconds(0.9) }).Start);
        Assert.Equal(0, ScaleDecision.Decide(stuck with { SinceGrowth = TimeSpan.FromSeconds(1), IsComputing = true }).Start);
    }

    [Fact]
    public void On_busy_cores_a_function_that_waits_for_others_grows_as_on_idle_ones() =>
        Assert.Equal(2, ScaleDecision.Decide(Question(waiting: 50, awake: 4, runMs: 300, idle: 0) with { IsComputing = false }).Start);

    [Fact]
    public void On_overloaded_cores_nobody_grows_but_by_one_each_five_seconds()
    {
        var question = Question(waiting: 50, awake: 2, runMs: 300, idle: 0, oldest: TimeSpan.FromSeconds(6)) with { IsComputing = false, SinceGrowth = TimeSpan.FromSeconds(4) };
        var overloaded = question with { Machine = question.Machine with { Runnable = 8 } };
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.CoresBusy), ScaleDecision.Decide(overloaded));
        Assert.Equal(1, ScaleDecision.Decide(overloaded with { SinceGrowth = TimeSpan.FromSeconds(5) }).Start);
        Assert.Equal(0, ScaleDecision.Decide(overloaded with { SinceGrowth = TimeSpan.FromSeconds(5), IsComputing = true }).Start);
    }

    [Fact]
    public void On_busy_cores_not_even_a_second_instance_is_tried_where_the_first_has_just_started()
    {
        var question = Question(waiting: 3, awake: 1, idle: null);
        Assert.Equal(1, ScaleDecision.Decide(question).Start);
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.CoresBusy), ScaleDecision.Decide(question with { Machine = question.Machine with { IdleLately = 0.05 } }));
    }

    [Fact]
    public void What_is_frozen_is_thawed_before_anything_is_started() =>
        Assert.Equal(new ScaleAnswer(3, 0, ScaleReason.FromZero), ScaleDecision.Decide(Question(waiting: 3, frozen: 5)));

    [Fact]
    public void What_is_frozen_counts_towards_the_maximum() =>
        Assert.Equal(new ScaleAnswer(4, 1, ScaleReason.FromZero), ScaleDecision.Decide(Question(waiting: 20, frozen: 4) with { MaxInstances = 5 }));

    [Fact]
    public void Slots_of_one_instance_count_for_as_many_requests() =>
        Assert.Equal(2, ScaleDecision.Decide(Question(waiting: 20) with { Concurrency = 16 }).Start);

    [Theory]
    [InlineData(1000, 4, 3, 3)]
    [InlineData(1000, 10, 0, 0)]
    [InlineData(1000, 0, 9, 1)]
    public void Never_more_than_the_maximum_whatever_waits(int waiting, int awake, int coming, int most) =>
        Assert.InRange(ScaleDecision.Decide(Question(waiting, awake, coming: coming, runMs: 5000, idle: 1)).Start, 0, most);

    /// <summary>64 callers of a function that takes 20 us on two cores that others use too: each run is 40 us of waiting for a core, and the line is gone in 4 ms.</summary>
    [Fact]
    public void A_line_of_quick_invocations_that_clears_in_a_few_milliseconds_wakes_nothing()
    {
        var question = Question(waiting: 63, awake: 1, frozen: 3, runMs: 0.06, idle: 0.2) with { ArrivalsPerSecond = 16600, CleanRunMs = 0.06 };
        Assert.Equal(2, ScaleDecision.Needed(question));
        Assert.Equal(ScaleAnswer.Nothing(ScaleReason.ClearsByItself), ScaleDecision.Decide(question));
        Assert.Equal(1, ScaleDecision.Decide(question with { Load = question.Load with { Waiting = 100 } }).Thaw);
    }

    [Fact]
    public void A_line_of_invocations_that_are_not_quick_wakes_what_is_frozen_even_if_it_clears_in_a_few_milliseconds() =>
        Assert.Equal(1, ScaleDecision.Decide(Question(waiting: 3, awake: 1, frozen: 3, runMs: 1, idle: 0.4) with { ArrivalsPerSecond = 1500 }).Thaw);

    [Theory]
    [InlineData(64, 0.06, 1, 0)]    // 4 ms of work: one clears it.
    [InlineData(64, 0.4, 4, 2)]     // 26 ms of it: all there are, and as many more as are tried at once.
    [InlineData(30, 0.4, 3, 0)]
    [InlineData(12, 1, 4, 2)]       // Not quick: it may use all cores.
    public void From_zero_no_more_of_a_quick_function_is_woken_than_clears_the_line_soon(int waiting, double runMs, int thaw, int start) =>
        Assert.Equal(new ScaleAnswer(thaw, start, ScaleReason.FromZero), ScaleDecision.Decide(Question(waiting, frozen: 4, runMs: runMs)));

    [Fact]
    public void From_zero_running_times_that_busy_cores_have_made_long_wake_nothing_further() =>
        Assert.Equal(new ScaleAnswer(1, 0, ScaleReason.FromZero), ScaleDecision.Decide(Question(waiting: 64, frozen: 4, runMs: 2) with { CleanRunMs = 0.05 }));

    /// <summary>All combinations of small numbers: bounds that must hold whatever the question is.</summary>
    [Fact]
    public void No_answer_exceeds_what_exists_or_what_may_exist()
    {
        foreach (var (awake, frozen, coming) in from a in Enumerable.Range(0, 6) from f in Enumerable.Range(0, 6) from c in Enumerable.Range(0, 6) select (a, f, c))
        {
            foreach (var (waiting, runMs, idle) in from w in Lengths from r in Runs from i in Idles select (w, r, i))
            {
                var question = Question(waiting, awake, frozen, coming, runMs, idle) with { MaxInstances = 8 };
                var answer = ScaleDecision.Decide(question);
                Assert.InRange(answer.Thaw, 0, frozen);
                Assert.True(answer.Start >= 0 && (answer.Start == 0 || awake + frozen + coming + answer.Start <= 8), $"{question} -> {answer}");
                Assert.True(answer.Thaw + answer.Start <= Math.Max(0, waiting), $"{question} -> {answer}");
                Assert.True(waiting == 0 || awake + frozen + coming > 0 || answer.Start > 0, $"nobody serves: {question} -> {answer}");
            }
        }
    }

    /// <summary>
    /// A closed loop of 128 callers of a function that computes for 1 ms on two cores, as the decision sees it: the cores are busy as soon as two instances run,
    /// and running times grow with every further one.
    /// </summary>
    [Fact]
    public void A_saturated_machine_is_not_given_more_and_more_instances()
    {
        var instances = 1;
        for (var round = 0; round < 1000; round++)
        {
            var idle = instances >= 2 ? 0.01 : 0.4;
            var runMs = Math.Max(1, instances / 2.0);
            instances += ScaleDecision.Decide(Question(128 - instances, instances, runMs: runMs, idle: idle, oldest: TimeSpan.FromMilliseconds(64)) with
            {
                ActivationMs = 5, MaxInstances = 100, ArrivalsPerSecond = 950 * Math.Min(2, instances), CleanRunMs = 1,
            }).Start;
        }

        Assert.Equal(2, instances);
    }

    [Fact]
    public void The_minimum_is_the_largest_of_what_is_asked_for_and_never_more_than_the_maximum()
    {
        var spec = Spec with { MinInstances = 1, MinActive = 3, MaxInstances = 4 };
        Assert.Equal(1, ScaleDecision.Minimum(spec, scheduled: 0, isActive: false));
        Assert.Equal(3, ScaleDecision.Minimum(spec, scheduled: 0, isActive: true));
        Assert.Equal(4, ScaleDecision.Minimum(spec, scheduled: 6, isActive: true));
    }

    private static ScaleQuestion Question(
        int waiting, int awake = 0, int frozen = 0, int coming = 0, double runMs = 0, double? idle = 0.9, TimeSpan oldest = default, int? slots = null) => new()
    {
        Load = new LineLoad(waiting, awake, slots ?? awake, runMs, oldest),
        Pool = new PoolCount(awake, frozen, coming),
        Machine = new MachineLoad(2, idle),
        Concurrency = 1,
        MaxInstances = 10,
        ActivationMs = 10,
    };
}
