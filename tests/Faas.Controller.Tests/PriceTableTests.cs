using Faas.Contracts.Invocations;
using Faas.Controller.Metering;

namespace Faas.Controller.Tests;

public sealed class PriceTableTests
{
    [Fact]
    public void A_hundred_ms_at_256_MiB_costs_a_request_and_a_fortieth_of_a_GiB_second() =>
        Assert.Equal(decimal.Round(0.0000002m + (0.025m * 0.0000166667m), 12), new PriceTable().CostOf(100, 256));

    [Fact]
    public void A_million_invocations_cost_a_million_times_one_rounded_to_the_pico_unit()
    {
        var prices = new PriceTable();
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
        Assert.Equal(3, PriceTable.BilledMs(TimeSpan.FromMicroseconds(2001), InvocationError.None, ran: true));
        Assert.Equal(1, PriceTable.BilledMs(TimeSpan.Zero, InvocationError.None, ran: true));
    }

    [Theory]
    [InlineData(InvocationError.Unavailable)]
    [InlineData(InvocationError.QueueFull)]
    [InlineData(InvocationError.InitFailed)]
    [InlineData(InvocationError.TooLarge)]
    public void What_the_platform_or_the_line_refused_is_not_billed(InvocationError outcome) =>
        Assert.Equal(0, PriceTable.BilledMs(TimeSpan.FromSeconds(5), outcome, ran: true));

    [Fact]
    public void A_caller_who_left_before_the_function_ran_pays_nothing()
    {
        Assert.Equal(0, PriceTable.BilledMs(TimeSpan.Zero, InvocationError.CallerGone, ran: false));
        Assert.Equal(0m, new PriceTable().CostOf(0, 256));
    }

    [Fact]
    public void A_timeout_is_billed_for_the_time_it_ran() =>
        Assert.Equal(30_000, PriceTable.BilledMs(TimeSpan.FromSeconds(30), InvocationError.Timeout, ran: true));
}
