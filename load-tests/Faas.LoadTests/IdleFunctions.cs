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

        var controller = ProcessFiles.Find(up, "faas-controller");
        var gateway = ProcessFiles.Find(up, "faas-gateway");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            functions = (await target.ListAsync(cancellationToken)).Count,
            instanceProcesses = ProcessFiles.InstancesOf(target.Folder.Root).Except([up, controller, gateway, Environment.ProcessId]).Count(),
            gatewayRssMiB = ResidentMiB(gateway),
            controllerRssMiB = ResidentMiB(controller),
            rssMiB = Math.Round(ResidentMiB(gateway) + ResidentMiB(controller), 1),
        }));
    }

    private static double ResidentMiB(int pid) => Math.Round(ProcessFiles.ResidentMiB(pid), 1);
}
