using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Hosting;
using Faas.Instances.Drivers.Docker;
using Faas.Instances.Drivers.Processes;
using Faas.Instances.Languages;
using Microsoft.Extensions.Logging;
using Known = Faas.Contracts.Functions.Runtimes;

namespace Faas.Instances.Drivers;

/// <summary>The driver for this machine and what it can run.</summary>
internal sealed class DriverChoice : IAsyncDisposable
{
    private DriverChoice(IInstanceDriver driver, IReadOnlyList<IInstanceDriver> others, IReadOnlyList<RuntimeReport> runtimes, uint userStart)
    {
        Driver = driver;
        Others = others;
        Runtimes = runtimes;
        UserStart = userStart;
    }

    public IInstanceDriver Driver { get; }

    /// <summary>Drivers that are only asked for what they left behind when they were the chosen one.</summary>
    public IReadOnlyList<IInstanceDriver> Others { get; }

    public IReadOnlyList<RuntimeReport> Runtimes { get; }

    /// <summary>Where this node begins in the range of users.</summary>
    public uint UserStart { get; }

    /// <summary>Looks at the machine and decides.</summary>
    /// <exception cref="InstanceHostException">What was demanded is not there.</exception>
    public static async Task<DriverChoice> MakeAsync(
        InstanceOptions options, DataFolder data, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Sandbox is not ("auto" or "docker" or "process"))
        {
            throw new InstanceHostException($"Faas:Instances:Sandbox was '{options.Sandbox}'; use auto, docker or process");
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(data.Root));
        var installations = await RuntimeProbe.FindAsync(time, cancellationToken);
        var setup = new DriverSetup(Convert.ToHexStringLower(hash)[..8], data.Instances, Path.GetFullPath(options.RuntimesFolder), installations, time);
        var docker = await DockerDriver.TryConnectAsync(options, setup, logger, cancellationToken);
        var bubblewrap = options.Sandbox == "docker" ? null : await Bubblewrap.TryFindAsync(installations, time, cancellationToken);
        if (docker is null && options.Sandbox == "docker")
        {
            throw new InstanceHostException(
                $"Docker does not answer at {DockerDriver.AddressOf(options)}; start it (systemctl start docker), set DOCKER_HOST, or use --sandbox process");
        }

        var process = new ProcessDriver(setup, bubblewrap);
        var useDocker = docker is not null && options.Sandbox != "process";
        var choice = new DriverChoice(
            useDocker ? docker! : process,
            useDocker ? [process] : docker is null ? [] : [docker],
            Reports(options, setup, useDocker),
            BinaryPrimitives.ReadUInt32LittleEndian(hash));
        if (!useDocker)
        {
            return choice;
        }

        try
        {
            await docker!.PrepareAsync(cancellationToken);
            return choice;
        }
        catch
        {
            await choice.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        foreach (var other in Others)
        {
            await other.DisposeAsync();
        }
    }

    private static List<RuntimeReport> Reports(InstanceOptions options, DriverSetup setup, bool useDocker)
    {
        var reports = new[] { Known.DotNet, Known.Node, Known.Python }.Select(runtime => RuntimeProbe.Report(
            runtime,
            setup.Installations.FirstOrDefault(i => i.Name == runtime),
            useDocker ? options.Images.GetValueOrDefault(runtime) : null,
            File.Exists(Path.Combine(setup.RuntimesFolder, runtime, WorkerLaunch.EntryFile(runtime))))).ToList();
        var commands = reports[0].IsAvailable;
        reports.Add(new RuntimeReport(Known.Http, commands || useDocker, null, (commands, useDocker) switch
        {
            (true, true) => "commands and images",
            (true, false) => "commands; images need Docker",
            (false, true) => $"images; commands need dotnet: {reports[0].Hint}",
            _ => $"commands need dotnet: {reports[0].Hint}; images need Docker",
        }));
        return reports;
    }
}
