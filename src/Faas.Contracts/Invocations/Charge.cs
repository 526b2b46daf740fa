using Faas.Contracts.Api;

namespace Faas.Contracts.Invocations;

/// <summary>
/// What an invocation is billed for, and what that costs: the one place where it is computed, so that what an answer says, what the ledger has and what the bill adds up is the same. Amounts are rounded
/// to 12 decimal places part by part: request and memory together, CPU time, answer.
/// </summary>
public static class Charge
{
    /// <summary>Decimal places of all amounts.</summary>
    public const int Decimals = 12;

    private const decimal BytesPerGB = 1_000_000_000;
    private const decimal MicrosPerSecond = 1_000_000;

    /// <summary>Billed time in ms: running time rounded up, at least the minimum; none for what never ran or is not billable.</summary>
    public static long BilledMs(PriceTerms terms, TimeSpan run, InvocationError outcome, bool ran)
    {
        if (!ran || !InvocationErrors.Of(outcome).Billable)
        {
            return 0;
        }

        var step = terms.RoundUpMs * TimeSpan.TicksPerMillisecond;
        return Math.Max(terms.MinimumMs, (run.Ticks + step - 1) / step * terms.RoundUpMs);
    }

    /// <summary>Cost of a request that is billed for <paramref name="billedMs"/> at <paramref name="memoryMiB"/>; 0 when nothing is billed.</summary>
    public static decimal OfRequest(PriceTerms terms, long billedMs, int memoryMiB)
    {
        if (billedMs == 0)
        {
            return 0;
        }

        var gibSeconds = billedMs * (decimal)memoryMiB / 1024 / 1000;
        return decimal.Round((terms.PerMillionRequests / 1_000_000) + (gibSeconds * terms.PerGiBSecond), Decimals);
    }

    /// <summary>What a request that is billed costs in addition: for <paramref name="cpuUs"/> µs of CPU time and <paramref name="bytesOut"/> bytes of its answer.</summary>
    public static decimal OfExtras(PriceTerms terms, long cpuUs, long bytesOut) =>
        (terms.PerVCpuSecond == 0 ? 0 : decimal.Round(cpuUs * terms.PerVCpuSecond / MicrosPerSecond, Decimals))
        + (terms.PerGBOut == 0 ? 0 : decimal.Round(bytesOut * terms.PerGBOut / BytesPerGB, Decimals));
}
