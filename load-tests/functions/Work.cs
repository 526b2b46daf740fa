using System;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

public record Answer(string? Revision);

/// <summary>Burns BURN_MS of its own thread's CPU time, then waits WAIT_MS without any.</summary>
public static class Work
{
    private const int ThreadCpuTime = 3;
    private static readonly double BurnMs = Number("BURN_MS");
    private static readonly double WaitMs = Number("WAIT_MS");
    private static readonly Answer Said = new(Environment.GetEnvironmentVariable("FAAS_REVISION"));

    public static async Task<Answer> Handle()
    {
        if (BurnMs > 0)
        {
            Burn();
        }

        if (WaitMs > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(WaitMs));
        }

        return Said;
    }

    // By the thread's own clock, so that it is the same work however many others want the processor.
    private static void Burn()
    {
        var end = CpuMs() + BurnMs;
        while (CpuMs() < end)
        {
            Thread.SpinWait(100);
        }
    }

    private static double CpuMs() => clock_gettime(ThreadCpuTime, out var time) == 0 ? time.Seconds * 1e3 + time.Nanoseconds / 1e6 : throw new InvalidOperationException();

    private static double Number(string variable) =>
        double.Parse(Environment.GetEnvironmentVariable(variable) ?? "0", System.Globalization.CultureInfo.InvariantCulture);

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Time time);

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
