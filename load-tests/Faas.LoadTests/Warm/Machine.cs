using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Faas.LoadTests.Warm;

/// <summary>What the figures were measured on and with.</summary>
internal static class Machine
{
    public static string Text() =>
        $"{Environment.ProcessorCount} cores, {Cpu()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB, kernel {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}; "
        + $"{RuntimeInformation.FrameworkDescription}, {Version("nginx", "-v")}, {Version("wrk", "-v")}, Node {Version("node", "--version")}, {Version("python3", "--version")}";

    /// <summary>Memory that can be had without taking it from others.</summary>
    public static int AvailableMiB() =>
        int.Parse(File.ReadLines("/proc/meminfo").Single(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static string Cpu() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();

    // The first line, on whichever stream; up to a bracket, where wrk's and nginx's build details begin.
    private static string Version(string program, string argument)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (output + errors.GetAwaiter().GetResult()).Split('\n')[0].Split('[')[0].Trim();
        }
        catch (Win32Exception)
        {
            return $"no {program}";
        }
    }
}
