using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Watching;

/// <summary>The lines about the machine above a view's functions.</summary>
internal static class LoadHeader
{
    private const int BarWidth = 20;

    public static IReadOnlyList<string> Lines(LoadChange change)
    {
        var load = change.Now;

        // What a container may use is less than what its machine has available.
        var used = Math.Max(0, load.MemoryMiB - load.AvailableMiB);
        return
        [
            $"cores      {Bar(change.Busy)} of {Text.Count(load.Cores, "core")} busy",
            $"memory     {Bar(Share(used, load.MemoryMiB))} in use, {Text.MiB(load.AvailableMiB)} of {Text.MiB(load.MemoryMiB)} available",
            $"instances  {Bar(Share(load.AllottedMiB, load.AllottableMiB))} allotted, {Text.MiB(load.AllottedMiB)} of {Text.MiB(load.AllottableMiB)}",
            "stems      " + (load.Stems.Count == 0 ? "none" : string.Join(", ", load.Stems.OrderBy(stem => stem.Key, StringComparer.Ordinal).Select(stem => $"{stem.Key} {stem.Value}"))),
        ];
    }

    private static double? Share(long part, long whole) => whole <= 0 ? null : (double)part / whole;

    private static string Bar(double? share)
    {
        var filled = (int)Math.Round(Math.Clamp(share ?? 0, 0, 1) * BarWidth);
        var percent = share is null ? "-" : Text.Number(Math.Round(share.Value * 100)) + "%";
        return $"[{new string('|', filled)}{new string(' ', BarWidth - filled)}] {percent,4}";
    }
}
