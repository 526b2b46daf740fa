using System.Globalization;

namespace Faas.Controller.Scaling;

/// <summary>The machine as the kernel describes it in <c>/proc</c> and in the control groups that limit this process.</summary>
internal sealed class LinuxMachine(TimeProvider time) : IMachine
{
    private const long BytesPerMiB = 1024 * 1024;

    /// <inheritdoc/>
    public int Cores => Environment.ProcessorCount;

    /// <inheritdoc/>
    public long MemoryMiB { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerMiB;   // the smaller one of the machine and our control group

    /// <summary>
    /// Reads <c>/proc/uptime</c>, whose second number is the idle time of all cores, and <c>/proc/loadavg</c>, whose fourth begins with the number of runnable threads; 5 us
    /// each, where <c>/proc/stat</c> takes 50.
    /// </summary>
    public MachineReading Read()
    {
        var at = time.GetElapsedTime(0);
        try
        {
            var text = File.ReadAllText("/proc/uptime");
            var idle = double.Parse(text.AsSpan(text.IndexOf(' ', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
            return new MachineReading(at, TimeSpan.FromSeconds(idle), Runnable());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return new MachineReading(at, at * Cores);   // where the kernel does not say, the cores count as idle: nothing is held back for them
        }
    }

    private static int Runnable()
    {
        var text = File.ReadAllText("/proc/loadavg").AsSpan();
        text = text[..text.IndexOf('/')];
        return int.Parse(text[(text.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) - 1;   // we are one of them
    }

    /// <inheritdoc/>
    public long AvailableMiB()
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan("MemAvailable:".Length, line.Length - "MemAvailable:".Length - " kB".Length), CultureInfo.InvariantCulture) / 1024;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Then only what was allotted counts.
        }

        return MemoryMiB;
    }
}
