using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class CpuUseTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly CpuUse _use = new();

    [Fact]
    public void The_first_look_says_nothing() => Assert.Null(Look(0, used: 100, instances: 2));

    [Fact]
    public void Instances_that_use_a_tenth_of_a_core_each_compute()
    {
        Look(0, used: 0, instances: 4);
        Assert.True(Look(1000, used: 800, instances: 4));
        Assert.False(Look(2000, used: 900, instances: 4));
    }

    [Fact]
    public void It_is_looked_at_ten_times_a_second()
    {
        Look(0, used: 0, instances: 1);
        Assert.False(_use.IsDue(Begin.AddMilliseconds(99)));
        Assert.True(_use.IsDue(Begin.AddMilliseconds(100)));
    }

    [Fact]
    public void What_was_seen_of_an_earlier_line_is_forgotten()
    {
        Look(0, used: 0, instances: 1);
        Assert.True(Look(500, used: 500, instances: 1));
        Assert.Null(Look(60_000, used: 500, instances: 1));
    }

    [Fact]
    public void Instances_that_have_gone_take_their_time_with_them_and_the_measurement_begins_again()
    {
        Look(0, used: 5000, instances: 2);
        Assert.Null(Look(500, used: 100, instances: 1));
    }

    private bool? Look(int ms, int used, int instances)
    {
        _use.Look(TimeSpan.FromMilliseconds(used), instances, Begin.AddMilliseconds(ms));
        return _use.IsComputing;
    }
}
