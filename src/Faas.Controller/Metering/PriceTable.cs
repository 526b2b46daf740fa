using System.ComponentModel.DataAnnotations;
using Faas.Contracts.Invocations;

namespace Faas.Controller.Metering;

/// <summary>
/// What an invocation costs. Configuration section <c>Faas:Prices</c>. The defaults are AWS Lambda's public x86 list prices in us-east-1
/// (first tier, without the free one): 0.20 USD per million requests and 0.0000166667 USD per GiB-second.
/// </summary>
internal sealed class PriceTable
{
    /// <summary>ISO 4217 code.</summary>
    [Required, StringLength(3, MinimumLength = 3)]
    public string Currency { get; set; } = "USD";

    /// <summary>Price of a million requests.</summary>
    [Range(0, 1_000_000)]
    public decimal PerMillionRequests { get; set; } = 0.20m;

    /// <summary>Price of one GiB of memory for one second.</summary>
    [Range(0, 1_000_000)]
    public decimal PerGiBSecond { get; set; } = 0.0000166667m;

    /// <summary>Billed time: running time rounded up to whole milliseconds, at least one; none for what never ran or is not billable.</summary>
    public static long BilledMs(TimeSpan run, InvocationError outcome, bool ran) =>
        ran && InvocationErrors.Of(outcome).Billable ? Math.Max(1, (run.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond) : 0;

    /// <summary>Cost of <paramref name="billedMs"/> at <paramref name="memoryMiB"/>, to 12 decimal places; 0 when nothing is billed.</summary>
    public decimal CostOf(long billedMs, int memoryMiB)
    {
        if (billedMs == 0)
        {
            return 0;
        }

        var gibSeconds = billedMs * (decimal)memoryMiB / 1024 / 1000;
        return decimal.Round((PerMillionRequests / 1_000_000) + (gibSeconds * PerGiBSecond), 12);
    }
}
