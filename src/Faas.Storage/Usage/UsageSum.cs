using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>What some usage records add up to; of peaks the highest. Whole numbers only, so that it is exact in any order.</summary>
/// <param name="Invocations">How many.</param>
/// <param name="Errors">Those that failed.</param>
/// <param name="ColdStarts">Those that waited for an activation.</param>
/// <param name="BilledMs">Billed time, ms.</param>
/// <param name="MiBMs">Billed time by memory size: MiB-milliseconds, of which 1,024,000 are a GiB-second.</param>
/// <param name="BytesIn">Bytes of request bodies.</param>
/// <param name="BytesOut">Bytes of response bodies.</param>
/// <param name="CostPico">Cost in pico-units (<see cref="PicoMoney"/>).</param>
/// <param name="Billed">Those that are billed.</param>
/// <param name="CpuUs">CPU time, µs.</param>
/// <param name="PeakKiB">Most memory of one, KiB.</param>
public readonly record struct UsageSum(
    long Invocations, long Errors, long ColdStarts, long BilledMs, long MiBMs, long BytesIn, long BytesOut, long CostPico, long Billed, long CpuUs, long PeakKiB)
{
    private const double MiBMsPerGiBSecond = 1024 * 1000;
    private const double MicrosPerSecond = 1_000_000;

    /// <summary>Both together.</summary>
    public static UsageSum operator +(in UsageSum one, in UsageSum other) => checked(new UsageSum(
        one.Invocations + other.Invocations,
        one.Errors + other.Errors,
        one.ColdStarts + other.ColdStarts,
        one.BilledMs + other.BilledMs,
        one.MiBMs + other.MiBMs,
        one.BytesIn + other.BytesIn,
        one.BytesOut + other.BytesOut,
        one.CostPico + other.CostPico,
        one.Billed + other.Billed,
        one.CpuUs + other.CpuUs,
        Math.Max(one.PeakKiB, other.PeakKiB)));

    /// <summary>The first without the second, which it was made of among others. The peak stays: nobody knows whose it was.</summary>
    public static UsageSum operator -(in UsageSum all, in UsageSum part) => checked(new UsageSum(
        all.Invocations - part.Invocations,
        all.Errors - part.Errors,
        all.ColdStarts - part.ColdStarts,
        all.BilledMs - part.BilledMs,
        all.MiBMs - part.MiBMs,
        all.BytesIn - part.BytesIn,
        all.BytesOut - part.BytesOut,
        all.CostPico - part.CostPico,
        all.Billed - part.Billed,
        all.CpuUs - part.CpuUs,
        all.PeakKiB));

    /// <summary>This and one record more.</summary>
    public UsageSum With(in UsageLine line) => checked(new UsageSum(
        Invocations + 1,
        Errors + (line.Outcome == InvocationError.None ? 0 : 1),
        ColdStarts + (line.ColdUs > 0 ? 1 : 0),
        BilledMs + line.BilledMs,
        MiBMs + (line.BilledMs * line.MemoryMiB),
        BytesIn + line.BytesIn,
        BytesOut + line.BytesOut,
        CostPico + line.CostPico,
        Billed + (line.BilledMs > 0 ? 1 : 0),
        CpuUs + line.CpuUs,
        Math.Max(PeakKiB, line.PeakKiB)));

    /// <summary>As the API tells it.</summary>
    public UsageTotals ToTotals(string currency) => new(
        Invocations, Errors, ColdStarts, BilledMs, MiBMs / MiBMsPerGiBSecond, BytesIn, BytesOut, PicoMoney.ToAmount(CostPico), currency)
        { Billed = Billed, CpuSeconds = CpuUs / MicrosPerSecond, PeakKiB = PeakKiB };
}
