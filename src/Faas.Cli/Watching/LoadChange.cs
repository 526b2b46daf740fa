using Faas.Contracts.Api;

namespace Faas.Cli.Watching;

/// <summary>What two readings of the load tell together. The platform only counts; how fast is for whoever reads to say.</summary>
/// <param name="Before">The earlier reading; null when there is none to compare with.</param>
/// <param name="Now">The later one.</param>
internal sealed record LoadChange(PlatformLoad? Before, PlatformLoad Now)
{
    private long ElapsedMs => Before is null ? 0 : Now.AtMs - Before.AtMs;

    /// <summary>How busy the processors were in between, 0 to 1; null when it is not known.</summary>
    public double? Busy
    {
        get
        {
            // After a restart of the machine both clocks begin again.
            if (Before is null || ElapsedMs <= 0 || Now.IdleMs < Before.IdleMs)
            {
                return null;
            }

            return Math.Clamp(1 - ((double)(Now.IdleMs - Before.IdleMs) / ((double)ElapsedMs * Now.Cores)), 0, 1);
        }
    }

    /// <summary>The functions of the later reading, those whose name contains <paramref name="namePart"/>, in <paramref name="order"/>.</summary>
    public IReadOnlyList<FunctionActivity> Functions(string? namePart, FunctionOrder order)
    {
        var before = (Before?.Functions ?? []).ToDictionary(function => function.Name, StringComparer.Ordinal);
        var functions = Now.Functions
            .Where(function => LoadView.IsNamed(function, namePart))
            .Select(function => new FunctionActivity(function, RateOf(before.GetValueOrDefault(function.Name), function)))
            .ToList();
        functions.Sort(FunctionActivity.ComparerOf(order));
        return functions;
    }

    /// <summary>Null for a function that is new, or that counts from the beginning: its revision or the platform was started in between.</summary>
    private double? RateOf(FunctionSummary? before, FunctionSummary now) =>
        before is null || ElapsedMs <= 0 || before.Revision != now.Revision || now.Load.Arrivals < before.Load.Arrivals
            ? null
            : (now.Load.Arrivals - before.Load.Arrivals) * 1000.0 / ElapsedMs;
}
