using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Tests.KeepAlive;

public sealed class HybridHistogramTests
{
    private static readonly HybridHistogramOptions Options = new();
    private static readonly HybridHistogram Policy = new(Options);

    [Fact]
    public void A_timer_is_stopped_after_use_and_started_again_shortly_before_its_time()
    {
        var plan = Plan(Enumerable.Repeat(15.0, 40));

        Assert.Equal(KeepAliveReason.Histogram, plan.Basis.Reason);
        Assert.Equal(TimeSpan.Zero, plan.Keep);
        Assert.Equal(TimeSpan.FromMinutes(14.25), plan.Prewarm);
        Assert.InRange(plan.Until.TotalMinutes, 18, 18.5);
        Assert.True(plan.WantsInstance(TimeSpan.FromMinutes(15)));
        Assert.False(plan.WantsInstance(TimeSpan.FromMinutes(7)));
    }

    [Fact]
    public void Nothing_known_is_the_fallback() => Assert.Equal(KeepAlivePlan.KeepFor(Options.Fallback, Plan([]).Basis), Plan([]));

    [Fact]
    public void After_one_idle_time_the_fallback_stays_and_the_same_again_is_expected()
    {
        var plan = Plan([60.0]);

        Assert.Equal((KeepAliveReason.Learning, Options.Fallback, true), (plan.Basis.Reason, plan.Keep, plan.Prewarms));
        Assert.True(plan.WantsInstance(TimeSpan.FromMinutes(5)));
        Assert.False(plan.WantsInstance(TimeSpan.FromMinutes(30)));
        Assert.True(plan.WantsInstance(TimeSpan.FromMinutes(60)));
    }

    [Fact]
    public void One_short_idle_time_does_not_shorten_the_fallback() =>
        Assert.Equal((Options.Fallback, false), (Plan([0.5]).Keep, Plan([0.5]).Prewarms));

    [Fact]
    public void Called_every_two_seconds_it_is_kept_for_seconds_and_never_stopped_between()
    {
        var plan = Plan(Enumerable.Repeat(2.0 / 60, 100));

        Assert.False(plan.Prewarms);
        Assert.InRange(plan.Keep.TotalSeconds, 2, 3);
    }

    [Fact]
    public void Random_calls_are_covered_nearly_always()
    {
        var random = new Random(3);
        double Idle() => -7 * Math.Log(1 - random.NextDouble());
        var history = IdleHistoryTests.Of(Enumerable.Range(0, 100).Select(_ => TimeSpan.FromMinutes(Idle())));
        var missed = 0;
        for (var i = 0; i < 1000; i++)
        {
            var idle = TimeSpan.FromMinutes(Idle());
            missed += Policy.Plan(history).WantsInstance(idle) ? 0 : 1;
            history.Record(idle);
        }

        Assert.InRange(missed, 0, 30);
    }

    [Fact]
    public void Bursts_with_pauses_are_kept_through_the_pause_when_pauses_are_frequent()
    {
        var plan = Plan(Enumerable.Range(0, 100).Select(i => i % 10 == 0 ? 20.0 : 0.02));

        Assert.False(plan.Prewarms);
        Assert.True(plan.WantsInstance(TimeSpan.FromMinutes(20)));
    }

    [Fact]
    public void An_instance_waits_for_one_call_at_most_an_hour()
    {
        Assert.Equal(Options.WindowMax, Plan([0, 200, 200, 200]).Keep);
        Assert.Equal(TimeSpan.FromMinutes(57) + Options.WindowMax, Plan([60, 200, 200, 200]).Until);
    }

    [Fact]
    public void Calls_rarer_than_the_bound_are_not_waited_for()
    {
        var plan = Plan(Enumerable.Repeat(300.0, 10));
        Assert.Equal((KeepAliveReason.OutOfBounds, Options.Fallback, false), (plan.Basis.Reason, plan.Keep, plan.Prewarms));
    }

    [Fact]
    public void A_changed_pattern_is_covered_at_once_when_longer_and_forgotten_when_it_is_over()
    {
        var history = IdleHistoryTests.Of(Enumerable.Repeat(TimeSpan.FromMinutes(5), 200));
        history.Record(TimeSpan.FromMinutes(30));
        history.Record(TimeSpan.FromMinutes(30));
        Assert.True(Policy.Plan(history).WantsInstance(TimeSpan.FromMinutes(30)));

        for (var i = 0; i < IdleHistory.DefaultCapacity; i++)
        {
            history.Record(TimeSpan.FromMinutes(30));
        }

        Assert.False(Policy.Plan(history).WantsInstance(TimeSpan.FromMinutes(5)));
        Assert.Equal(TimeSpan.FromMinutes(28.5), Policy.Plan(history).Prewarm);
    }

    [Fact]
    public void Stopping_for_less_than_an_activation_is_worth_does_not_happen()
    {
        Assert.False(Plan(Enumerable.Repeat(10.0 / 60, 10)).Prewarms);
        Assert.True(Plan(Enumerable.Repeat(11.0 / 60, 10)).Prewarms);
    }

    [Fact]
    public void The_papers_test_calls_evenly_spread_idle_times_not_representative()
    {
        var paper = new HybridHistogram(Options with { VariationMin = 2 });
        var even = IdleHistoryTests.Of(Enumerable.Range(0, 120).Select(i => TimeSpan.FromMinutes(2 * i)));
        var narrow = IdleHistoryTests.Of(Enumerable.Repeat(TimeSpan.FromMinutes(9), 20));

        Assert.Equal(KeepAliveReason.NotRepresentative, paper.Plan(even).Basis.Reason);
        Assert.Equal(KeepAliveReason.Histogram, paper.Plan(narrow).Basis.Reason);
    }

    private static KeepAlivePlan Plan(IEnumerable<double> idleMinutes) => Policy.Plan(IdleHistoryTests.Of(idleMinutes.Select(TimeSpan.FromMinutes)));
}
