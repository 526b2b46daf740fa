using System.Globalization;

namespace Faas.Gateway.Stalls;

/// <summary>What the kernel knows of a thread of this process.</summary>
/// <param name="Waited">How long it has been runnable without a core, since it began.</param>
/// <param name="State">The letter of proc(5): R runs or wants to, S and D wait for something.</param>
internal readonly record struct ThreadTimes(TimeSpan Waited, char State)
{
    private const int NanosecondsPerTick = 100;

    /// <summary>Reads it; null when the thread is gone or the kernel does not tell how long threads waited.</summary>
    public static ThreadTimes? Of(int thread)
    {
        try
        {
            var times = File.ReadAllText($"/proc/self/task/{thread}/schedstat").Split(' ');
            var stat = File.ReadAllText($"/proc/self/task/{thread}/stat");
            // The second field is the name in parentheses and may hold anything, so read from the last one on.
            return new ThreadTimes(TimeSpan.FromTicks(long.Parse(times[1], CultureInfo.InvariantCulture) / NanosecondsPerTick), stat[stat.LastIndexOf(')') + 2]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
