using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>What one batch adds to one function's totals.</summary>
internal readonly record struct UsageSum(
    long Invocations, long Errors, long ColdStarts, long BilledMs, double GiBSeconds, long BytesIn, long BytesOut, long CostPico)
{
    /// <summary>This and one record more, whose cost is <paramref name="costPico"/>.</summary>
    public UsageSum With(UsageRecord record, long costPico) => checked(new UsageSum(
        Invocations + 1,
        Errors + (record.Outcome == InvocationError.None ? 0 : 1),
        ColdStarts + (record.Cold > TimeSpan.Zero ? 1 : 0),
        BilledMs + record.BilledMs,
        GiBSeconds + record.GiBSeconds,
        BytesIn + record.BytesIn,
        BytesOut + record.BytesOut,
        CostPico + costPico));
}
