using System.Globalization;
using Docker.DotNet.Models;
using Faas.Contracts.Functions;
using Faas.Instances.Drivers.Processes;
using Faas.Instances.Languages;

namespace Faas.Instances.Drivers.Docker;

/// <summary>Turns a plan into the engine's terms. All hardening is here, the same for stems and images.</summary>
internal static class ContainerPlan
{
    public const string NodeLabel = "faas.node";
    public const string InstanceLabel = "faas.instance";
    public const string RevisionLabel = "faas.revision";
    private const long PeriodMicros = 100_000;

    /// <summary>Stdout and stderr go to the FIFO; opened for both directions, so that a write never fails while no controller runs.</summary>
    private const string Launcher = "exec \"$@\" </dev/null 1<>/run/faas/out 2>&1";

    public static CreateContainerParameters Of(LaunchPlan plan, ContainerSurroundings around)
    {
        var parameters = new CreateContainerParameters
        {
            Name = around.Name,
            Image = around.Image,
            User = around.User,
            Hostname = "faas",
            Labels = new Dictionary<string, string>
            {
                [NodeLabel] = around.Node,
                [InstanceLabel] = plan.Folder.Id,
                [RevisionLabel] = plan.Revision,
            },
            // Far more than NetworkMode none: saves building a network sandbox, 100 ms on engines before 28.
            NetworkDisabled = plan.Network == NetworkKind.None,
            HostConfig = Hardened(plan, around),
        };
        if (plan.Image is not null)
        {
            parameters.Env = [.. plan.Env.Select(Pair)];
            return parameters;
        }

        parameters.Env = [.. WorkerLaunch.Environment(plan, around.View).Select(Pair)];
        parameters.WorkingDir = "/code";
        parameters.Entrypoint = ["/bin/sh", "-c", Launcher, "faas-instance"];
        parameters.Cmd = [.. WorkerLaunch.Command(plan, around.View)];
        parameters.HostConfig.Binds =
        [
            $"{plan.Folder.Sockets}:{around.View.Sockets}",
            $"{plan.Folder.Code}:{around.View.Code}:ro",
            $"{around.RuntimeFolder}:{around.View.Runtime}:ro",
        ];
        return parameters;
    }

    /// <summary>The engine's terms for a CPU limit.</summary>
    public static ContainerUpdateParameters Cpu(double cpu) => new() { CPUPeriod = PeriodMicros, CPUQuota = ControlGroups.CpuQuota(cpu), CPUShares = 1024 };

    private static HostConfig Hardened(LaunchPlan plan, ContainerSurroundings around)
    {
        var memory = (long)plan.MemoryMiB * 1024 * 1024;
        return new HostConfig
        {
            ReadonlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges"],
            Memory = memory,
            MemorySwap = memory,   // memory and swap together: so no swap
            CPUPeriod = PeriodMicros,
            CPUQuota = ControlGroups.CpuQuota(plan.Cpu),
            PidsLimit = ControlGroups.PidsMax,
            Ulimits = [new Ulimit { Name = "core", Soft = 0, Hard = 0 }],
            Tmpfs = new Dictionary<string, string>
            {
                ["/tmp"] = string.Create(CultureInfo.InvariantCulture, $"rw,exec,nosuid,nodev,mode=1777,size={Bubblewrap.TemporaryBytesMax}"),
            },
            ShmSize = Bubblewrap.TemporaryBytesMax,
            IpcMode = "private",
            NetworkMode = plan.Network == NetworkKind.None ? "none" : around.Network,
            LogConfig = new LogConfig { Type = "none" },
            CgroupParent = around.CgroupParent,
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
        };
    }

    private static string Pair(KeyValuePair<string, string> variable) => $"{variable.Key}={variable.Value}";
}

/// <summary>What a container is made of beside its plan.</summary>
/// <param name="Node">This node.</param>
/// <param name="Name">The container's name.</param>
/// <param name="Image">Its image.</param>
/// <param name="User">Its user.</param>
/// <param name="View">Its view of the host.</param>
/// <param name="RuntimeFolder">The worker's folder on the host.</param>
/// <param name="Network">The egress network's name.</param>
/// <param name="CgroupParent">Parent of its control group; null leaves it to the engine.</param>
internal sealed record ContainerSurroundings(
    string Node, string Name, string Image, string User, SandboxView View, string RuntimeFolder, string Network, string? CgroupParent);
