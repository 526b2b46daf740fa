using System.Globalization;

namespace Faas.LoadTests.Scaling;

/// <summary>What the machine's processors and this client used since it was made.</summary>
internal sealed class Processors
{
    private readonly TimeSpan _client = Environment.CpuUsage.TotalTime;
    private readonly long[] _machine = Read();
    private readonly long _began = TimeProvider.System.GetTimestamp();

    /// <summary>Shares in per cent: of all processors together, and of one processor for the client.</summary>
    public object Summary()
    {
        var now = Read();
        var spent = now.Zip(_machine, (after, before) => (double)(after - before)).ToArray();
        var idle = spent[3] + spent[4];
        var total = Math.Max(1, spent.Take(8).Sum());
        return new
        {
            busyPercent = Math.Round(100 * (total - idle) / total, 1),
            stolenPercent = Math.Round(100 * spent[7] / total, 1),
            clientPercentOfOne = Math.Round(100 * (Environment.CpuUsage.TotalTime - _client) / TimeProvider.System.GetElapsedTime(_began), 1),
        };
    }

    // cpu  user nice system idle iowait irq softirq steal guest guest_nice; guests are in user already.
    private static long[] Read() =>
        [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
}
