using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Watching;

/// <summary>One function of a view.</summary>
/// <param name="Function">As the platform describes it.</param>
/// <param name="Rate">Requests a second that came; null when it is not known.</param>
internal sealed record FunctionActivity(FunctionSummary Function, double? Rate)
{
    public int Load => Function.Load.InFlight + Function.Load.Waiting;

    public double? ColdShare => FunctionFigures.ColdShare(Function);

    public long MemoryMiB => FunctionFigures.MemoryMiB(Function);

    /// <summary>The largest first; equal ones by what else is going on, then by name, so that idle rows do not change places.</summary>
    public static Comparison<FunctionActivity> ComparerOf(FunctionOrder order) => (a, b) =>
    {
        var byOrder = order switch
        {
            FunctionOrder.Rate => Nullable.Compare(b.Rate, a.Rate),
            FunctionOrder.Cold => Nullable.Compare(b.ColdShare, a.ColdShare),
            FunctionOrder.Memory => b.MemoryMiB.CompareTo(a.MemoryMiB),
            _ => 0,
        };
        if (order == FunctionOrder.Name || byOrder != 0)
        {
            return byOrder != 0 ? byOrder : string.CompareOrdinal(a.Function.Name, b.Function.Name);
        }

        var byLoad = b.Load.CompareTo(a.Load);
        byLoad = byLoad != 0 ? byLoad : (b.Rate ?? 0).CompareTo(a.Rate ?? 0);
        return byLoad != 0 ? byLoad : string.CompareOrdinal(a.Function.Name, b.Function.Name);
    };
}

/// <summary>What the functions of a view are sorted by.</summary>
internal enum FunctionOrder
{
    /// <summary>Running and waiting, then requests a second.</summary>
    Load,

    /// <summary>The name.</summary>
    Name,

    /// <summary>Requests a second.</summary>
    Rate,

    /// <summary>The share of cold starts.</summary>
    Cold,

    /// <summary>What its instances are allotted.</summary>
    Memory,
}
