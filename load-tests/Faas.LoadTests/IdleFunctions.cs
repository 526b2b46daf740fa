using System.Globalization;
using System.Text.Json;

namespace Faas.LoadTests;

/// <summary>Many functions deployed, none in use: which processes exist, and what the two servers hold in memory.</summary>
internal static class IdleFunctions
{
    private const int ParallelDeploys = 4;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var up = arguments.Number("pid");
        var count = arguments.Number("functions");
        var digests = new Dictionary<string, string>();
        foreach (var runtime in Target.HandlerRuntimes)
        {
            digests[runtime] = await target.UploadHelloAsync(runtime, cancellationToken);
        }

        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = ParallelDeploys, CancellationToken = cancellationToken }, async (i, token) =>
        {
            var runtime = Target.HandlerRuntimes[i % Target.HandlerRuntimes.Count];
            await target.DeployAsync(Target.Hello($"idle-{i}", runtime) with { CodeDigest = digests[runtime] }, token);
            if (i % 100 == 99)
            {
                Console.Error.WriteLine($"{i + 1} of {count} deployed");
            }
        });
        await target.IdleAsync(_ => true, cancellationToken);

        var controller = Find(up, "faas-controller");
        var gateway = Find(up, "faas-gateway");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            functions = (await target.ListAsync(cancellationToken)).Count,
            instanceProcesses = InstanceProcesses(target.Folder.Root, [up, controller, gateway]),
            gatewayRssMiB = ResidentMiB(gateway),
            controllerRssMiB = ResidentMiB(controller),
            rssMiB = Math.Round(ResidentMiB(gateway) + ResidentMiB(controller), 1),
        }));
    }

    // An instance's process, in whatever sandbox, has the data folder among its mounts or its arguments.
    private static int InstanceProcesses(string data, int[] ours) =>
        Pids().Count(pid => !ours.Contains(pid) && pid != Environment.ProcessId
            && (Read($"/proc/{pid}/mountinfo").Contains(data, StringComparison.Ordinal)
                || Read($"/proc/{pid}/environ").Contains($"FAAS_DIR={data}", StringComparison.Ordinal)));

    private static int Find(int up, string program)
    {
        var found = Pids().FirstOrDefault(pid => Parent(pid) == up && Read($"/proc/{pid}/cmdline").Split('\0').Take(2).Any(argument => Path.GetFileNameWithoutExtension(argument) == program));
        return found != 0 ? found : throw new InvalidOperationException($"No {program} runs below process {up}.");
    }

    private static double ResidentMiB(int pid) =>
        Math.Round(long.Parse(Read($"/proc/{pid}/status").Split('\n').Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0, 1);

    private static int Parent(int pid) =>
        Read($"/proc/{pid}/stat") is { Length: > 0 } stat ? int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;

    private static IEnumerable<int> Pids() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
