using Faas.Contracts.Api;

namespace Faas.Cli.Output;

/// <summary>What lists say about a function's load.</summary>
internal static class FunctionFigures
{
    /// <summary>Its instances in a few words: <c>3 (1 busy, 2 frozen)</c>, <c>2 frozen</c>, <c>0</c>.</summary>
    public static string Instances(FunctionSummary function)
    {
        var load = function.Load;
        (int Count, string State)[] states =
        [
            .. new[] { (load.Busy, "busy"), (load.Ready, "ready"), (load.Frozen, "frozen"), (load.Starting, "starting"), (load.Draining, "draining") }
                .Where(state => state.Item1 > 0),
        ];
        return states switch
        {
            [] => Text.Number((long)function.Instances),
            [var only] => $"{only.Count} {only.State}",
            _ => $"{states.Sum(state => state.Count)} ({string.Join(", ", states.Select(state => $"{state.Count} {state.State}"))})",
        };
    }

    /// <summary>Of all invocations, those that waited for an instance; null when there were none.</summary>
    public static double? ColdShare(FunctionSummary function) => function.Invocations == 0 ? null : (double)function.ColdStarts / function.Invocations;

    /// <summary>What its instances are allotted together, in MiB.</summary>
    public static long MemoryMiB(FunctionSummary function) => (long)function.Instances * function.MemoryMiB;
}
