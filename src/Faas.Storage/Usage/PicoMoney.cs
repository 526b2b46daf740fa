namespace Faas.Storage;

/// <summary>
/// Money as whole pico-units (1e-12 of the currency), so that sums are exact in any order. One record of 128 MiB for 1 ms costs
/// about 2,000 of them; the largest sum is 9.2 million of the currency.
/// </summary>
public static class PicoMoney
{
    private const decimal UnitsPerCurrency = 1_000_000_000_000m;

    /// <summary>Pico-units of <paramref name="amount"/>. Exact for up to twelve decimals; what is finer is rounded half to even.</summary>
    /// <exception cref="OverflowException">The amount is 9,223,372.04 or more.</exception>
    public static long FromAmount(decimal amount) => decimal.ToInt64(decimal.Round(amount * UnitsPerCurrency, MidpointRounding.ToEven));

    /// <summary>The amount of <paramref name="pico"/> pico-units. Always exact.</summary>
    public static decimal ToAmount(long pico) => pico / UnitsPerCurrency;
}
