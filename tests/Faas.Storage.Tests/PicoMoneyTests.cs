namespace Faas.Storage.Tests;

public sealed class PicoMoneyTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.000000000001", 1)]
    [InlineData("-0.000000000001", -1)]
    [InlineData("0.0000002", 200_000)]
    [InlineData("1", 1_000_000_000_000)]
    [InlineData("9223372.036854775807", long.MaxValue)]
    [InlineData("-9223372.036854775808", long.MinValue)]
    public void An_amount_of_up_to_twelve_decimals_converts_exactly_both_ways(string text, long pico)
    {
        var amount = decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(pico, PicoMoney.FromAmount(amount));
        Assert.Equal(amount, PicoMoney.ToAmount(pico));
    }

    [Theory]
    [InlineData("0.0000000000005", 0)]
    [InlineData("0.0000000000015", 2)]
    [InlineData("0.0000000000025", 2)]
    [InlineData("0.00000000000251", 3)]
    [InlineData("-0.0000000000015", -2)]
    public void What_is_finer_is_rounded_half_to_even(string text, long pico) =>
        Assert.Equal(pico, PicoMoney.FromAmount(decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void An_amount_that_does_not_fit_is_an_error_and_never_wraps()
    {
        Assert.Throws<OverflowException>(() => PicoMoney.FromAmount(9_223_372.036854775808m));
        Assert.Throws<OverflowException>(() => PicoMoney.FromAmount(decimal.MaxValue));
    }
}
