using Faas.Instances.Stems;

namespace Faas.Instances.Tests;

public sealed class StemDemandTests
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly StemDemand _demand = new();

    [Fact]
    public void Without_functions_none_are_kept()
    {
        _demand.Taken(Begin);
        Assert.Equal(0, _demand.Target(functions: 0, Begin));
    }

    [Fact]
    public void After_a_deployment_eight_are_kept_for_one_function_as_for_many()
    {
        _demand.Deployed(Begin);
        Assert.Equal(8, _demand.Target(functions: 1, Begin));
        Assert.Equal(8, _demand.Target(functions: 500, Begin));
    }

    [Fact]
    public void An_idle_platform_keeps_two()
    {
        _demand.Deployed(Begin);
        Assert.Equal(4, _demand.Target(500, Begin.AddMinutes(10)));
        Assert.Equal(2, _demand.Target(500, Begin.AddMinutes(30)));
        Assert.Equal(2, _demand.Target(500, Begin.AddDays(1)));
    }

    [Fact]
    public void After_a_burst_as_many_are_kept_and_an_hour_later_two_again()
    {
        for (var i = 0; i < 10; i++)
        {
            _demand.Taken(Begin.AddMilliseconds(i * 20));
        }

        Assert.Equal(10, _demand.Target(500, Begin.AddSeconds(1)));
        Assert.Equal(5, _demand.Target(500, Begin.AddMinutes(10)));
        Assert.Equal(2, _demand.Target(500, Begin.AddHours(1)));
    }

    [Fact]
    public void Ten_a_second_apart_are_no_burst()
    {
        for (var i = 0; i < 10; i++)
        {
            _demand.Taken(Begin.AddSeconds(i * 2));
        }

        Assert.Equal(2, _demand.Target(500, Begin.AddSeconds(20)));
    }

    /// <summary>Two a second, each made in two seconds: eight are taken meanwhile on average, and nine or fewer in 99 of 100 cases.</summary>
    [Fact]
    public void Under_a_steady_rate_what_chance_takes_while_one_is_made_is_there()
    {
        for (var i = 0; i < 200; i++)
        {
            _demand.Made(TimeSpan.FromSeconds(2));
        }

        var now = Begin;
        for (var i = 0; i < 2 * 60 * 60; i++)
        {
            now = Begin.AddMilliseconds(500 * i);
            _demand.Taken(now);
        }

        Assert.InRange(_demand.Target(500, now), 8, 10);
    }

    [Fact]
    public void Demand_alone_never_keeps_more_than_eightteen()
    {
        for (var i = 0; i < 1000; i++)
        {
            _demand.Taken(Begin);
        }

        Assert.Equal(StemDemand.Most, _demand.Target(500, Begin));
    }
}
