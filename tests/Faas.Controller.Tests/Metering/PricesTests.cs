using Faas.Contracts.Invocations;
using Faas.Controller.Metering;

namespace Faas.Controller.Tests.Metering;

public sealed class PricesTests
{
    private static Prices Default { get; } = new(1, DateTimeOffset.UnixEpoch, new PriceTable().ToTerms());

    [Fact]
    public void A_hundred_ms_at_256_MiB_costs_a_request_and_a_fortieth_of_a_GiB_second() =>
        Assert.Equal(decimal.Round(0.0000002m + (0.025m * 0.0000166667m), 12), Default.CostOf(100, 256));

    [Fact]
    public void A_million_invocations_cost_a_million_times_one_rounded_to_the_pico_unit()
    {
        var prices = Default;
        var total = 0m;
        for (var i = 0; i < 1_000_000; i++)
        {
            total += prices.CostOf(1, 1024);
        }

        Assert.Equal(1_000_000 * 0.000000216667m, total);
    }

    [Fact]
    public void Running_time_is_rounded_up_to_whole_milliseconds()
    {
        Assert.Equal(3, Default.BilledMs(TimeSpan.FromMicroseconds(2001), InvocationError.None, ran: true));
        Assert.Equal(1, Default.BilledMs(TimeSpan.Zero, InvocationError.None, ran: true));
    }

    [Theory]
    [InlineData(InvocationError.Unavailable)]
    [InlineData(InvocationError.QueueFull)]
    [InlineData(InvocationError.InitFailed)]
    [InlineData(InvocationError.TooLarge)]
    public void What_the_platform_or_the_line_refused_is_not_billed(InvocationError outcome) =>
        Assert.Equal(0, Default.BilledMs(TimeSpan.FromSeconds(5), outcome, ran: true));

    [Fact]
    public void A_caller_who_left_before_the_function_ran_pays_nothing()
    {
        Assert.Equal(0, Default.BilledMs(TimeSpan.Zero, InvocationError.CallerGone, ran: false));
        Assert.Equal(0m, Default.CostOf(0, 256));
    }

    [Fact]
    public void A_timeout_is_billed_for_the_time_it_ran() =>
        Assert.Equal(30_000, Default.BilledMs(TimeSpan.FromSeconds(30), InvocationError.Timeout, ran: true));

    [Fact]
    public void Time_is_rounded_as_configured()
    {
        var prices = Default with { Terms = Default.Terms with { RoundUpMs = 100, MinimumMs = 250 } };
        Assert.Equal(250, prices.BilledMs(TimeSpan.FromMilliseconds(1), InvocationError.None, ran: true));
        Assert.Equal(300, prices.BilledMs(TimeSpan.FromMilliseconds(260), InvocationError.None, ran: true));
        Assert.Equal(300, prices.BilledMs(TimeSpan.FromMilliseconds(300), InvocationError.None, ran: true));
        Assert.Equal(0, prices.BilledMs(TimeSpan.FromMilliseconds(260), InvocationError.Unavailable, ran: true));
    }

    [Fact]
    public void An_answer_costs_by_its_bytes_where_that_has_a_price()
    {
        Assert.Equal(0m, Default.CostOfExtras(0, 1_000_000_000));
        Assert.Equal(0.000000045m, (Default with { Terms = Default.Terms with { PerGBOut = 0.09m } }).CostOfExtras(0, 500));
    }

    [Fact]
    public void Cpu_time_costs_by_what_was_measured_where_that_has_a_price()
    {
        Assert.Equal(0m, Default.CostOfExtras(1_000_000, 0));
        var prices = Default with { Terms = Default.Terms with { PerVCpuSecond = 0.00002m, PerGBOut = 0.09m } };
        Assert.Equal(0.00002m, prices.CostOfExtras(1_000_000, 0));
        Assert.Equal(0.00000000002m + 0.000000045m, prices.CostOfExtras(1, 500));
    }
}
