using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Faas.Contracts.Hosting;

namespace Faas.LoadTests.Scaling;

/// <summary>
/// Finds processes of one function's instances and kills them, as the kernel or a fault in a runtime would. Only what the measured platform's own folder
/// names is touched, and only after the process itself has been seen to be the one that is meant.
/// </summary>
internal sealed partial class Victims
{
    private const int Kill = 9;

    private readonly DataFolder _folder;
    private readonly bool _isDocker;
    private readonly string _function;

    public Victims(DataFolder folder, string sandbox, string function)
    {
        _folder = folder;
        _isDocker = sandbox == "docker";
        _function = function;
    }

    /// <summary>Kills the worker of one of the instances, and returns its pid. Null when there is none at the moment.</summary>
    public int? KillOne(Random random)
    {
        var folders = Directory.EnumerateDirectories(_folder.Instances).Order(StringComparer.Ordinal).ToList();
        var workers = folders.Select(WorkerOf).OfType<int>().ToList();
        var worker = workers.Count > 0 ? workers[random.Next(workers.Count)] : (int?)null;
        return worker is { } pid && Signal(pid, Kill) == 0 ? pid : null;
    }

    /// <summary>The worker's pid; null when the folder is not that of a living instance of the function (stems have no record).</summary>
    private int? WorkerOf(string folder)
    {
        try
        {
            using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "instance.json")));
            var native = record.RootElement.GetProperty("Launched").GetProperty("Native").GetString()!;
            return record.RootElement.GetProperty("Function").GetString() != _function ? null
                : _isDocker ? InContainer(native, Path.GetFileName(folder))
                : InProcess(native);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            return null;   // it comes or goes at this moment
        }
    }

    // The container's first process is the worker. Its label must say that it is this instance's.
    private static int? InContainer(string container, string id)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", ["inspect", "-f", """{{index .Config.Labels "faas.instance"}} {{.State.Pid}}""", container])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = docker.StandardError.ReadToEndAsync();
        var parts = docker.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.TrimEntries);
        docker.WaitForExit();
        errors.GetAwaiter().GetResult();
        return parts.Length == 2 && parts[0] == id && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var pid) && pid > 1 ? pid : null;
    }

    // "pid:start time" of the sandbox's outermost process; the worker is the innermost one below it.
    private static int? InProcess(string identity)
    {
        var pid = int.Parse(identity.Split(':')[0], CultureInfo.InvariantCulture);
        if ($"{pid}:{Stat(pid)[19]}" != identity)
        {
            return null;
        }

        while (ChildOf(pid) is { } child)
        {
            pid = child;
        }

        return Stat(pid)[0] is "Z" or "X" ? null : pid;   // killed before, and not yet buried
    }

    private static int? ChildOf(int pid)
    {
        var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Length > 0 ? int.Parse(children[0], CultureInfo.InvariantCulture) : null;
    }

    // Fields from the state on; the name before it may hold anything.
    private static string[] Stat(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
