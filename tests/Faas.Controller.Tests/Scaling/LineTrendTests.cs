using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class LineTrendTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly LineTrend _trend = new();

    [Fact]
    public void The_rate_is_known_from_the_second_report_on()
    {
        _trend.Counted(100, 100, Begin);
        Assert.Equal(0, _trend.ArrivalsPerSecond);
        _trend.Counted(150, 150, Begin.AddMilliseconds(50));
        Assert.Equal(1000, _trend.ArrivalsPerSecond);
        _trend.Counted(250, 250, Begin.AddMilliseconds(100));
        Assert.Equal(1500, _trend.ArrivalsPerSecond);
    }

    [Fact]
    public void Reports_that_follow_each_other_closely_are_counted_together()
    {
        _trend.Counted(0, 0, Begin);
        _trend.Counted(30, 30, Begin.AddMilliseconds(10));
        Assert.Equal(0, _trend.ArrivalsPerSecond);
        _trend.Counted(40, 40, Begin.AddMilliseconds(40));
        Assert.Equal(1000, _trend.ArrivalsPerSecond);
    }

    [Fact]
    public void After_a_pause_or_a_restart_of_the_gateway_it_begins_anew()
    {
        _trend.Counted(0, 0, Begin);
        _trend.Counted(100, 100, Begin.AddMilliseconds(100));
        _trend.Counted(200, 200, Begin.AddSeconds(60));
        Assert.Equal(0, _trend.ArrivalsPerSecond);
        _trend.Counted(300, 300, Begin.AddSeconds(60.1));
        _trend.Counted(5, 5, Begin.AddSeconds(60.2));   // it may have been overtaken by the last one
        Assert.Equal(1000, _trend.ArrivalsPerSecond);
        _trend.Counted(6, 6, Begin.AddSeconds(61.2));
        Assert.Equal(0, _trend.ArrivalsPerSecond);
    }

    [Fact]
    public void On_busy_cores_only_a_shorter_running_time_is_believed()
    {
        _trend.Ran(20, coresAreBusy: true);   // nothing better is known
        _trend.Ran(5, coresAreBusy: false);
        _trend.Ran(60, coresAreBusy: true);
        Assert.Equal(5, _trend.CleanRunMs);
        _trend.Ran(4, coresAreBusy: true);
        Assert.Equal(4, _trend.CleanRunMs);
        _trend.Ran(50, coresAreBusy: false);   // it has become slower by itself
        Assert.Equal(50, _trend.CleanRunMs);
    }

    /// <summary>What the gateway measures includes the time until it notices the end; two slots that end 20,000 a second have 0.1 ms for each.</summary>
    [Fact]
    public void A_running_time_is_at_most_what_the_slots_have_had_for_one()
    {
        Assert.Equal(0.4, _trend.AtMost(0.4, slots: 1));   // nothing is known yet
        _trend.Counted(0, 0, Begin);
        _trend.Counted(1000, 1000, Begin.AddMilliseconds(50));
        Assert.Equal(0.05, _trend.AtMost(0.4, slots: 1));
        Assert.Equal(0.1, _trend.AtMost(0.4, slots: 2));
        Assert.Equal(0.02, _trend.AtMost(0.02, slots: 2));
        Assert.Equal(0.4, _trend.AtMost(0.4, slots: 0));
        Assert.Equal(2, _trend.AtMost(2, slots: 20));   // 1 ms for each: not a quick function
    }

    [Fact]
    public void Requests_that_came_and_have_not_ended_say_nothing_of_the_running_time()
    {
        _trend.Counted(0, 0, Begin);
        _trend.Counted(500, 0, Begin.AddMilliseconds(50));
        Assert.Equal(2000, _trend.AtMost(2000, slots: 1));
    }
}
