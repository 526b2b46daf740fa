using System.Globalization;

namespace Faas.LoadTests;

/// <summary>What /proc says about processes. One that ended meanwhile has used nothing and holds nothing.</summary>
internal static class ProcessFiles
{
    private const int TicksPerSecond = 100;   // USER_HZ, the same on every Linux that .NET runs on

    public static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    /// <summary>The process below <paramref name="parent"/> that runs <paramref name="program"/>, itself or by dotnet.</summary>
    public static int Find(int parent, string program)
    {
        var found = All().FirstOrDefault(pid =>
            Parent(pid) == parent && Read(pid, "cmdline").Split('\0').Take(2).Any(argument => Path.GetFileNameWithoutExtension(argument) == program));
        return found != 0 ? found : throw new InvalidOperationException($"No {program} runs below process {parent}.");
    }

    /// <summary>The process and everything below it.</summary>
    public static IReadOnlyList<int> TreeOf(int root)
    {
        var children = All().ToLookup(Parent);
        var found = new List<int> { root };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(children[found[i]]);
        }

        return found;
    }

    /// <summary>Processes of instances: whatever their sandbox, the platform's folder is among their mounts or in their environment.</summary>
    public static IEnumerable<int> InstancesOf(string data) =>
        All().Where(pid => Read(pid, "mountinfo").Contains(data, StringComparison.Ordinal) || Read(pid, "environ").Contains($"FAAS_DIR={data}", StringComparison.Ordinal));

    /// <summary>CPU time that it has used itself, in user mode and in the kernel. Steps of 10 ms.</summary>
    public static TimeSpan Cpu(int pid) => Fields(pid) is { Length: > 12 } fields
        ? TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / (double)TicksPerSecond)
        : TimeSpan.Zero;

    public static double ResidentMiB(int pid) =>
        Read(pid, "status").Split('\n').FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
            ? Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0
            : 0;

    public static int Parent(int pid) => Fields(pid) is { Length: > 1 } fields ? (int)Number(fields[1]) : 0;

    // Fields from the state on; the name before it may hold anything.
    private static string[] Fields(int pid)
    {
        var stat = Read(pid, "stat");
        return stat.Length == 0 ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
