using Faas.Contracts.Functions;
using Faas.Controller.Scaling;

namespace Faas.Controller.Tests.Scaling;

public sealed class WarmCalendarTests
{
    [Theory]
    [InlineData("2026-11-23T06:59:59Z", 0)]   // Monday, 7:59:59 in Berlin
    [InlineData("2026-11-23T07:00:00Z", 2)]
    [InlineData("2026-11-23T16:59:59Z", 2)]
    [InlineData("2026-11-23T17:00:00Z", 0)]
    [InlineData("2026-11-22T12:00:00Z", 0)]   // Sunday
    [InlineData("2026-07-20T06:00:00Z", 2)]   // a Monday in summer time
    [InlineData("2026-07-20T05:59:59Z", 0)]
    public void A_window_is_open_in_its_own_time_zone_summer_and_winter(string now, int instances) =>
        Assert.Equal(instances, new WarmCalendar([Office]).InstancesAt(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void The_largest_of_the_open_windows_counts()
    {
        var calendar = new WarmCalendar([Office, new WarmWindow { Cron = "0 12 * * *", For = TimeSpan.FromHours(1), Instances = 5 }]);
        Assert.Equal(2, calendar.InstancesAt(At(11, 59)));
        Assert.Equal(5, calendar.InstancesAt(At(12, 0)));
        Assert.Equal(5, calendar.InstancesAt(At(12, 59)));
        Assert.Equal(2, calendar.InstancesAt(At(13, 0)));
    }

    [Fact]
    public void A_window_that_is_longer_than_its_interval_is_always_open()
    {
        var calendar = new WarmCalendar([new WarmWindow { Cron = "*/10 * * * *", For = TimeSpan.FromMinutes(15) }]);
        for (var minute = 0; minute < 600; minute++)
        {
            Assert.Equal(1, calendar.InstancesAt(At(0, 0).AddMinutes(minute)));
        }
    }

    [Fact]
    public void A_clock_that_is_set_back_is_believed()
    {
        var calendar = new WarmCalendar([Office]);
        Assert.Equal(2, calendar.InstancesAt(At(12, 0)));
        Assert.Equal(0, calendar.InstancesAt(At(5, 0)));
    }

    [Theory]
    [InlineData("61 8 * * *")]
    [InlineData("a b c d e")]
    [InlineData("0 8 * * MONDAY-ISH")]
    public void What_is_no_cron_expression_is_named(string cron) =>
        Assert.Contains(cron, WarmCalendar.ProblemOf(new WarmWindow { Cron = cron, For = TimeSpan.FromHours(1) }), StringComparison.Ordinal);

    [Fact]
    public void A_good_window_has_no_problem() => Assert.Null(WarmCalendar.ProblemOf(Office));

    // Cronos goes round in a circle here: after the change it gives the same moment again and again.
    [Fact]
    public async Task A_window_in_the_hour_that_a_change_of_the_clock_leaves_out_does_not_hang_the_scaler()
    {
        var window = new WarmWindow { Cron = "30 1 * * *", For = TimeSpan.FromHours(2), TimeZone = "Europe/Dublin", Instances = 3 };
        var answer = Task.Run(() => new WarmCalendar([window]).InstancesAt(new DateTimeOffset(2027, 3, 28, 2, 0, 0, TimeSpan.Zero)), TestContext.Current.CancellationToken);
        Assert.Equal(3, await answer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_window_that_never_comes_keeps_nothing() =>
        Assert.Equal(0, new WarmCalendar([new WarmWindow { Cron = "0 0 30 2 *", For = TimeSpan.FromHours(2) }]).InstancesAt(At(12, 0)));

    private static WarmWindow Office => new() { Cron = "0 8 * * MON-FRI", For = TimeSpan.FromHours(10), TimeZone = "Europe/Berlin", Instances = 2 };

    private static DateTimeOffset At(int hour, int minute) => new(2026, 11, 23, hour, minute, 0, TimeSpan.Zero);
}
