using System.Globalization;
using System.Runtime.InteropServices;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>The machine's processes, read from /proc.</summary>
internal static partial class ProcessTable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    public static void Signal(int pid, int signal)
    {
        if (Kill(pid, signal) != 0)
        {
            throw new InvalidOperationException($"kill({pid}, {signal}) failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    public static bool IsAlive(int pid) => Read($"/proc/{pid}/stat") is { Length: > 0 } stat && StateOf(stat) is not ('Z' or 'X');

    /// <summary>Children of <paramref name="pid"/> and theirs, without zombies.</summary>
    public static IReadOnlyList<int> DescendantsOf(int pid)
    {
        var parents = All().Select(id => (Id: id, Stat: Read($"/proc/{id}/stat"))).Where(p => p.Stat.Length > 0 && StateOf(p.Stat) != 'Z')
            .ToLookup(p => ParentOf(p.Stat), p => p.Id);
        var found = new List<int>();
        var open = new Queue<int>([pid]);
        while (open.TryDequeue(out var next))
        {
            foreach (var child in parents[next])
            {
                found.Add(child);
                open.Enqueue(child);
            }
        }

        return found;
    }

    /// <summary>The arguments of a process; empty when it is gone.</summary>
    public static string[] CommandOf(int pid) => Read($"/proc/{pid}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Processes that have to do with <paramref name="folder"/>: it is in their arguments, environment, or among what their sandbox has mounted.
    /// A sandboxed process shows the folder nowhere else.
    /// </summary>
    public static IReadOnlyList<(int Pid, string Command)> ThatMention(string folder) =>
    [
        .. from pid in All()
           where pid != Environment.ProcessId
           where Read($"/proc/{pid}/cmdline").Contains(folder, StringComparison.Ordinal)
               || Read($"/proc/{pid}/environ").Contains(folder, StringComparison.Ordinal)
               || Read($"/proc/{pid}/mountinfo").Contains(folder, StringComparison.Ordinal)
           where IsAlive(pid)
           select (pid, string.Join(' ', CommandOf(pid))),
    ];

    /// <summary>Resident memory in KiB.</summary>
    public static long ResidentKiB(int pid) =>
        Read($"/proc/{pid}/status").Split('\n').FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : 0;

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    // The second field is the name in parentheses and may hold anything, so read from the last one on.
    private static char StateOf(string stat) => stat[stat.LastIndexOf(')') + 2];

    private static int ParentOf(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";   // The process ended meanwhile, or is not ours to look at.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
