using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;
using Faas.Contracts.Functions;
using Faas.Instances.HostImages;
using Faas.Instances.Languages;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Drivers.Docker;

/// <summary>Instances as hardened containers. Holds no state that the engine does not have, so an engine that comes back is used again at once.</summary>
internal sealed class DockerDriver : IInstanceDriver, IRunsImages, IFreezable
{
    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(3);

    private readonly DockerClient _client;
    private readonly EngineCall _engine;
    private readonly DriverSetup _setup;
    private readonly Dictionary<string, string> _images;
    private readonly IReadOnlyDictionary<string, RuntimeInstallation> _installations;
    private readonly ControlGroups? _groups;
    private readonly ContainerGroups _containerGroups;
    private readonly EgressNetwork _egress;
    private readonly ImageStore _store;
    private readonly HostImage _hostImage;
    private readonly ConcurrentDictionary<string, MultiplexedStream> _outputs = new();

    private DockerDriver(DockerClient client, EngineCall engine, InstanceOptions options, DriverSetup setup, bool usesCgroupFiles, ILogger logger)
    {
        _client = client;
        _engine = engine;
        _setup = setup;
        _images = options.Images;
        _installations = setup.Installations.ToDictionary(i => i.Name);
        _groups = usesCgroupFiles ? ControlGroups.TryOpen(setup.Node, "docker") : null;
        _containerGroups = new ContainerGroups(_groups?.Parent);
        CanFreeze = ControlGroup.CanFreeze && AddressOf(options).StartsWith("unix:", StringComparison.Ordinal);   // an engine elsewhere has its groups elsewhere
        _egress = new EgressNetwork(client, engine, setup.Node, setup.Time);
        _store = new ImageStore(client, engine, logger);
        _hostImage = new HostImage(client, engine, setup, logger);
        Report = new SandboxReport("docker", DockerIsolation.Describe(), IsIsolated: true);
    }

    public SandboxReport Report { get; }

    public bool CanFreeze { get; }

    public ControlGroup? GroupOf(Launched sandbox) => _containerGroups.Find(sandbox.Native);

    /// <summary>The engine's address by configuration.</summary>
    public static string AddressOf(InstanceOptions options)
    {
        var address = options.DockerHost ?? Environment.GetEnvironmentVariable("DOCKER_HOST");
        return string.IsNullOrEmpty(address) ? "unix:///var/run/docker.sock" : address;
    }

    /// <summary>A driver, if an engine answers.</summary>
    public static async Task<DockerDriver?> TryConnectAsync(InstanceOptions options, DriverSetup setup, ILogger logger, CancellationToken cancellationToken)
    {
        var address = AddressOf(options);
        var client = new DockerClientConfiguration(new Uri(address), defaultTimeout: Timeout.InfiniteTimeSpan).CreateClient();
        var engine = new EngineCall(address);
        using var deadline = new CancellationTokenSource(ProbePatience, setup.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var system = await engine.RunAsync("describe itself", () => client.System.GetSystemInfoAsync(either.Token), cancellationToken);
            return new DockerDriver(client, engine, options, setup, system.CgroupDriver == "cgroupfs", logger);
        }
        catch (DriverException)
        {
            client.Dispose();
            return null;
        }
    }

    /// <summary>Makes sure that the host image exists, unless every runtime has an image of its own.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_installations.Keys.Any(runtime => !_images.ContainsKey(runtime)))
        {
            try
            {
                await _hostImage.EnsureAsync(cancellationToken);
            }
            catch (DriverException e)
            {
                throw new InstanceHostException($"the image of this host's runtimes could not be made: {e.Message}", e);
            }
        }
    }

    public SandboxView View(LaunchPlan plan) => _images.ContainsKey(plan.Runtime)
        ? SandboxView.Inside(plan.Runtime == Contracts.Functions.Runtimes.Python ? "python3" : plan.Runtime, null)
        : SandboxView.Inside(
            _installations.GetValueOrDefault(plan.Runtime)?.Program ?? plan.Runtime,
            RuntimeInstallation.SearchPath(_installations.Values));

    public async Task<Launched> StartAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        var configured = plan.Image is null ? _images.GetValueOrDefault(plan.Runtime) : null;
        var image = plan.Image ?? configured ?? await _hostImage.EnsureAsync(cancellationToken);
        if (configured is not null)
        {
            await PullAsync(configured, cancellationToken);
        }

        var name = NameOf(plan.Folder.Id);
        try
        {
            return await CreateAndStartAsync(plan, image, name, cancellationToken);
        }
        catch (DriverException e) when (e.IsNotFound || e.IsConflict)
        {
            // A network or the host image that somebody removed, or a container of this name that an interrupted start left: put that right, once.
            _egress.Forget();
            _hostImage.Forget();
            await RemoveByNameAsync(name, cancellationToken);
            image = plan.Image ?? configured ?? await _hostImage.EnsureAsync(cancellationToken);
            return await CreateAndStartAsync(plan, image, name, cancellationToken);
        }
        catch
        {
            await TryRemoveAsync(name);
            throw;
        }
    }

    public void Hurry(Launched sandbox) => TrySetBackground(sandbox.Native, isBackground: false);

    public async Task LimitAsync(Launched sandbox, double cpu, CancellationToken cancellationToken)
    {
        try
        {
            if (_groups is not null)
            {
                _groups.SetCpu(sandbox.Native, cpu);   // 0.05 ms; through the engine it takes 10
                _groups.SetBackground(sandbox.Native, isBackground: false);
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not where we expect it: the engine knows.
        }

        if (_groups is null && Math.Abs(cpu - 1) < 0.001)
        {
            return;   // it was started with this limit and its full weight
        }

        await _engine.RunAsync("limit a container", () => _client.Containers.UpdateContainerAsync(sandbox.Native, ContainerPlan.Cpu(cpu), cancellationToken), cancellationToken);
    }

    public async Task<ExitReport> WaitAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        try
        {
            var exit = await _engine.RunAsync("wait", () => _client.Containers.WaitContainerAsync(sandbox.Native, cancellationToken), cancellationToken);
            var container = await _engine.RunAsync("inspect", () => _client.Containers.InspectContainerAsync(sandbox.Native, cancellationToken), cancellationToken);
            return new ExitReport((int)exit.StatusCode, container.State.OOMKilled);
        }
        catch (DriverException e) when (e.IsNotFound)
        {
            return default;
        }
    }

    public async Task RemoveAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        GroupOf(sandbox)?.TryThaw();   // the engine does not know that it is frozen, and would wait for ever for its SIGKILL to take effect
        if (_outputs.TryRemove(sandbox.Id, out var output))
        {
            output.Dispose();
        }

        await RemoveByNameAsync(NameOf(sandbox.Id), cancellationToken);
        _containerGroups.Forget(sandbox.Native);
    }

    public async Task<IReadOnlyList<Launched>> ListAsync(CancellationToken cancellationToken)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool> { [$"{ContainerPlan.NodeLabel}={_setup.Node}"] = true },
        };
        var containers = await _engine.RunAsync("list containers",
            () => _client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filter }, cancellationToken), cancellationToken);
        return [.. containers.Select(c => new Launched(c.Labels[ContainerPlan.InstanceLabel], c.ID, null, 0))];
    }

    public Task PullAsync(string image, CancellationToken cancellationToken) => _store.EnsureAsync(image, cancellationToken);

    public async Task<IAsyncDisposable> FollowOutputAsync(Launched sandbox, Action<string, string> line, CancellationToken cancellationToken)
    {
        if (!_outputs.TryRemove(sandbox.Id, out var output))
        {
            output = await AttachAsync(sandbox.Native, cancellationToken);
        }

        return new ContainerOutput(output, line);
    }

    public async Task AskToStopAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        try
        {
            var container = await _engine.RunAsync("inspect", () => _client.Containers.InspectContainerAsync(sandbox.Native, cancellationToken), cancellationToken);
            var signal = container.Config?.StopSignal is { Length: > 0 } named ? named : "SIGTERM";
            await _engine.RunAsync("signal a container", () => _client.Containers.KillContainerAsync(
                sandbox.Native, new ContainerKillParameters { Signal = signal }, cancellationToken), cancellationToken);
        }
        catch (DriverException e) when (e.IsNotFound || e.IsConflict)
        {
            // It has ended by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(ProbePatience, _setup.Time);
        await _egress.RemoveAsync(deadline.Token);
        _egress.Dispose();
        _hostImage.Dispose();
        _groups?.RemoveParents();
        _client.Dispose();
    }

    private string NameOf(string id) => $"faas-{_setup.Node}-{id}";

    private async Task<Launched> CreateAndStartAsync(LaunchPlan plan, string image, string name, CancellationToken cancellationToken)
    {
        if (plan.Network == NetworkKind.Egress)
        {
            await _egress.EnsureAsync(cancellationToken);
        }

        var user = plan.Image is null ? UserOf(plan) : await _store.UserAsync(image, cancellationToken) ?? UserOf(plan);
        var around = new ContainerSurroundings(
            _setup.Node, name, image, user, View(plan), Path.Combine(_setup.RuntimesFolder, plan.Runtime), _egress.Name, _groups?.Parent);
        // Not cancelled half-way: the engine would go on, and the container would appear after we had looked for it to remove it.
        var created = await _engine.RunAsync("create a container",
            () => _client.Containers.CreateContainerAsync(ContainerPlan.Of(plan, around), CancellationToken.None), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (plan.Image is not null)
        {
            _outputs[plan.Folder.Id] = await AttachAsync(created.ID, cancellationToken);   // before the start, or its first words are lost
        }

        await _engine.RunAsync("start a container",
            () => _client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), cancellationToken), cancellationToken);
        if (plan.IsBackground)
        {
            TrySetBackground(created.ID, isBackground: true);   // the engine does not know of it, and its own weights are not enough
        }

        return new Launched(plan.Folder.Id, created.ID, plan.Image is null ? null : await AddressAsync(created.ID, cancellationToken), plan.Uid);
    }

    private void TrySetBackground(string container, bool isBackground)
    {
        try
        {
            _groups?.SetBackground(container, isBackground);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not where we expect it: then it has its full weight, or has ended.
        }
    }

    private static string UserOf(LaunchPlan plan) => FormattableString.Invariant($"{plan.Uid}:{plan.Uid}");

    private async Task<string?> AddressAsync(string container, CancellationToken cancellationToken)
    {
        var inspected = await _engine.RunAsync("inspect", () => _client.Containers.InspectContainerAsync(container, cancellationToken), cancellationToken);
        return inspected.NetworkSettings.Networks[_egress.Name].IPAddress is { Length: > 0 } address
            ? address
            : throw new DriverException("start", "the container ended at once, exit code " + inspected.State.ExitCode, isTransient: false);
    }

    private Task<MultiplexedStream> AttachAsync(string container, CancellationToken cancellationToken) => _engine.RunAsync("attach", () =>
        _client.Containers.AttachContainerAsync(container, false, new ContainerAttachParameters { Stream = true, Stdout = true, Stderr = true }, cancellationToken), cancellationToken);

    private async Task RemoveByNameAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await _engine.RunAsync("remove a container", () => _client.Containers.RemoveContainerAsync(
                name, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, cancellationToken), cancellationToken);
        }
        catch (DriverException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone, or being removed by another call.
        }
    }

    private async Task TryRemoveAsync(string name)
    {
        try
        {
            using var deadline = new CancellationTokenSource(ProbePatience, _setup.Time);
            await RemoveByNameAsync(name, deadline.Token);
        }
        catch (Exception e) when (e is DriverException or OperationCanceledException)
        {
            // Whoever asked for the start removes the sandbox too, and keeps trying.
        }
    }
}
