using Faas.Contracts.Functions;
using Faas.Controller.Scaling;

namespace Faas.Controller.Tests;

public sealed class ScaleDecisionTests
{
    private static readonly FunctionSpec Spec = new() { Name = "f", Runtime = Runtimes.Python, MaxInstances = 10, KeepAlive = TimeSpan.FromMinutes(5) };

    [Fact]
    public void From_zero_one_waiting_request_starts_one_instance() =>
        Assert.Equal(1, ScaleDecision.InstancesToStart(Spec, new LineLoad(1, 0, 0), ready: 0, starting: 0));

    [Fact]
    public void A_request_that_an_instance_is_already_starting_for_starts_no_other() =>
        Assert.Equal(0, ScaleDecision.InstancesToStart(Spec, new LineLoad(1, 0, 0), ready: 0, starting: 1));

    [Fact]
    public void A_burst_on_an_unknown_function_starts_a_few_and_looks_again() =>
        Assert.Equal(ScaleDecision.BlindStarts, ScaleDecision.InstancesToStart(Spec, new LineLoad(20, 0, 0), ready: 0, starting: 0));

    [Fact]
    public void A_line_of_fast_invocations_is_left_to_clear_by_itself() =>
        Assert.Equal(0, ScaleDecision.InstancesToStart(Spec, new LineLoad(8, 1, 1), ready: 1, starting: 0));

    [Fact]
    public void A_line_of_slow_invocations_gets_an_instance_each() =>
        Assert.Equal(8, ScaleDecision.InstancesToStart(Spec, new LineLoad(8, 1, 1000), ready: 1, starting: 0));

    [Fact]
    public void Slots_of_one_instance_count_for_as_many_requests() =>
        Assert.Equal(2, ScaleDecision.InstancesToStart(Spec with { Concurrency = 16 }, new LineLoad(20, 0, 1000), ready: 0, starting: 0));

    [Fact]
    public void Never_more_than_the_maximum_whatever_waits() =>
        Assert.Equal(3, ScaleDecision.InstancesToStart(Spec, new LineLoad(1000, 7, 5000), ready: 4, starting: 3));

    [Fact]
    public void The_minimum_counts_what_is_ready_and_what_is_starting() =>
        Assert.Equal(1, ScaleDecision.MissingToMinimum(Spec with { MinInstances = 3 }, ready: 1, starting: 1));

    [Fact]
    public void An_instance_idle_for_its_keep_alive_may_stop()
    {
        Assert.True(ScaleDecision.MayStop(Spec, Spec.KeepAlive, ready: 1));
        Assert.False(ScaleDecision.MayStop(Spec, Spec.KeepAlive - TimeSpan.FromMilliseconds(1), ready: 1));
    }

    [Fact]
    public void The_minimum_stays_however_idle_it_is() =>
        Assert.False(ScaleDecision.MayStop(Spec with { MinInstances = 2 }, TimeSpan.FromDays(1), ready: 2));
}
