using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>What some usage records add up to. Whole numbers only, so that it is exact in any order.</summary>
internal readonly record struct UsageSum(
    long Invocations, long Errors, long ColdStarts, long BilledMs, long MiBMs, long BytesIn, long BytesOut, long CostPico)
{
    private const double MiBMsPerGiBSecond = 1024 * 1000;

    public static UsageSum operator +(in UsageSum one, in UsageSum other) => checked(new UsageSum(
        one.Invocations + other.Invocations,
        one.Errors + other.Errors,
        one.ColdStarts + other.ColdStarts,
        one.BilledMs + other.BilledMs,
        one.MiBMs + other.MiBMs,
        one.BytesIn + other.BytesIn,
        one.BytesOut + other.BytesOut,
        one.CostPico + other.CostPico));

    /// <summary>This and one record more.</summary>
    public UsageSum With(in UsageLine line) => checked(new UsageSum(
        Invocations + 1,
        Errors + (line.Outcome == InvocationError.None ? 0 : 1),
        ColdStarts + (line.ColdUs > 0 ? 1 : 0),
        BilledMs + line.BilledMs,
        MiBMs + (line.BilledMs * line.MemoryMiB),
        BytesIn + line.BytesIn,
        BytesOut + line.BytesOut,
        CostPico + line.CostPico));

    public UsageTotals ToTotals(string currency) => new(
        Invocations, Errors, ColdStarts, BilledMs, MiBMs / MiBMsPerGiBSecond, BytesIn, BytesOut, PicoMoney.ToAmount(CostPico), currency);
}
