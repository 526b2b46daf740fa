// Uses what it is asked to: so much CPU time by its own clock, so much waiting, so much memory. Answers how much CPU time it was, in ms.
using System;
using System.Threading.Tasks;
using Faas.Functions;

public static class Burn
{
    public static async Task<object> Handle(HttpEvent request)
    {
        var ms = Asked(request, "ms");
        var before = Environment.CpuUsage.TotalTime;
        var memory = new byte[(int)Asked(request, "mib") << 20];
        for (var at = 0; at < memory.Length; at += 4096)
        {
            memory[at] = 1;
        }

        if (Asked(request, "thread") > 0)
        {
            await Task.Run(() => Spin(before, ms));
        }
        else
        {
            Spin(before, ms);
        }

        await Task.Delay((int)Asked(request, "wait"));
        return new { cpuMs = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds, bytes = memory.Length, pad = new string('x', (int)Asked(request, "pad")) };
    }

    private static void Spin(TimeSpan before, double ms)
    {
        while ((Environment.CpuUsage.TotalTime - before).TotalMilliseconds < ms)
        {
        }
    }

    private static double Asked(HttpEvent request, string name) => request.Query[name] is { } text ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
}
