using Faas.Contracts.Hosting;

namespace Faas.Cli.Supervision;

/// <summary>
/// Parts of a platform whose `up` was killed. They notice by themselves (their stdin ends) and stop; the next start waits for that, because they
/// hold the ports and the data, and ends what does not.
/// </summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async Task WaitAsync(IReadOnlyList<int> pids, DataFolder data, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var alive = pids.Where(pid => IsPartOf(pid, data)).ToList();
        while (alive.Count > 0 && time.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(Interval, time, cancellationToken);
            alive.RemoveAll(pid => !IsPartOf(pid, data));
        }

        alive.ForEach(pid => Native.Kill(pid, Native.SigKill));
    }

    /// <summary>Pids are reused, so the command line must be that of a part on this very folder.</summary>
    private static bool IsPartOf(int pid, DataFolder data)
    {
        try
        {
            var commandLine = File.ReadAllText($"/proc/{pid}/cmdline");
            return commandLine.Contains("faas-", StringComparison.Ordinal) && commandLine.Split('\0').Contains(data.Root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
