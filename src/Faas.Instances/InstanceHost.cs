using Faas.Contracts.Functions;
using Faas.Contracts.Hosting;
using Faas.Instances.Drivers;
using Faas.Instances.Folders;
using Faas.Instances.Activation;
using Faas.Instances.Stems;
using Microsoft.Extensions.Logging;

namespace Faas.Instances;

/// <summary>Everything that runs functions on this machine: one for each controller. All members may be called from any thread.</summary>
public sealed class InstanceHost : IAsyncDisposable
{
    /// <summary>How long running invocations may take to finish when the whole host stops.</summary>
    private static readonly TimeSpan DisposeGrace = TimeSpan.FromSeconds(5);

    private readonly InstanceOptions _options;
    private readonly DriverChoice _choice;
    private readonly Remains _remains;
    private readonly StemPools _pools;
    private readonly InstanceTable _table;
    private readonly StemActivation _stems;
    private readonly ImageActivation _images;
    private readonly Adoption _adoption;
    private readonly string _instancesFolder;

    private InstanceHost(InstanceOptions options, DriverChoice choice, string instancesFolder, IInstanceEvents events, ILogger logger, TimeProvider time)
    {
        _options = options;
        _choice = choice;
        _instancesFolder = instancesFolder;
        _remains = new Remains(logger, time);
        var around = new SandboxSurroundings(choice.Driver, new UserRange(choice.UserStart), _remains, instancesFolder, time);
        var starter = new StemStarter(around, events, options.StartTimeout);
        _pools = new StemPools(starter.StartAsync, options, events, logger, time);
        _table = new InstanceTable(events, logger, time);
        _stems = new StemActivation(around, _pools, starter, options.SpecializeTimeout);
        _images = new ImageActivation(around, events, options.SpecializeTimeout);
        _adoption = new Adoption(around, _images, events, logger);
    }

    /// <summary>The sandbox in use.</summary>
    public SandboxReport Sandbox => _choice.Driver.Report;

    /// <summary>The runtimes of manifests, each found or with a hint.</summary>
    public IReadOnlyList<RuntimeReport> Runtimes => _choice.Runtimes;

    /// <summary>Picks the sandbox, finds the runtimes, and assembles the host image if it is needed and missing (some seconds, once a machine).</summary>
    /// <param name="options">Configuration.</param>
    /// <param name="data">The node's data folder; instances live below its <see cref="DataFolder.Instances"/>.</param>
    /// <param name="events">Told what happens by itself.</param>
    /// <param name="loggers">For the platform's own log.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InstanceHostException">It cannot start; the message is one line for users.</exception>
    public static async Task<InstanceHost> StartAsync(
        InstanceOptions options, DataFolder data, IInstanceEvents events, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Faas.Instances");
        InstanceFolder.CreateParent(data.Run);
        InstanceFolder.CreateParent(data.Instances);
        var choice = await DriverChoice.MakeAsync(options, data, logger, time, cancellationToken);
        return new InstanceHost(options, choice, data.Instances, events, logger, time);
    }

    /// <summary>Stems that are ready now, by runtime.</summary>
    public IReadOnlyDictionary<string, int> StemCounts() => _pools.Counts();

    /// <summary>Stems that are ready now, by what distinguishes them.</summary>
    public IReadOnlyDictionary<StemKey, int> StemCountsByKey() => _pools.CountsByKey();

    /// <summary>
    /// Says how many deployed functions use each key. How many stems it gets follows from how they are taken, or from <see cref="InstanceOptions.StemsPerKey"/>; keys that
    /// are missing get none. Returns at once; stems are started and removed in the background.
    /// </summary>
    public void SetStemDemand(IReadOnlyDictionary<StemKey, int> wanted) => _pools.SetDeployed(wanted
        .Where(w => IsAvailable(w.Key.Runtime))
        .ToDictionary(w => w.Key, w => w.Value));

    /// <summary>
    /// Callers wait for what runs: for a fifth of a second from now no stem is made ahead of its use, unless there has been none for three seconds. Even one that is made in the background
    /// costs an engine and the kernel 0.1 to 0.2 s of a core that have everybody's weight.
    /// </summary>
    public void HoldStems() => _pools.Hold();

    /// <summary>Whether a stem is ready for an instance of this kind.</summary>
    public bool HasStem(FunctionSpec spec) => StemKey.Of(spec) is { } key && _pools.HasReady(key);

    /// <summary>One ready instance, or why there is none. Expected failures are values; only cancellation throws.</summary>
    public async Task<ActivationResult> ActivateAsync(ActivationRequest request, CancellationToken cancellationToken)
    {
        var key = StemKey.Of(request.Spec);
        if (key is not null && !IsAvailable(key.Runtime))
        {
            var hint = Runtimes.First(r => r.Name == key.Runtime).Hint;
            return StemActivation.Unavailable($"the {key.Runtime} runtime is not available on this machine: {hint}", [], default);
        }

        var (result, instance) = key is null
            ? await _images.RunAsync(request, cancellationToken)
            : await _stems.RunAsync(request, key, cancellationToken);
        if (instance is not null)
        {
            _table.Add(instance);
        }

        return result;
    }

    /// <summary>
    /// Asks the instance to finish, kills it when <paramref name="grace"/> is over, and removes its sandbox and folder. Does nothing for an instance that is
    /// gone. No <see cref="IInstanceEvents.Exited"/> follows.
    /// </summary>
    public Task StopAsync(string instanceId, TimeSpan grace, CancellationToken cancellationToken) => _table.StopAsync(instanceId, grace, cancellationToken);

    /// <summary>As <see cref="StopAsync"/>, without asking.</summary>
    public Task KillAsync(string instanceId, CancellationToken cancellationToken) => _table.StopAsync(instanceId, TimeSpan.Zero, cancellationToken);

    /// <summary>Whether idle instances can be frozen here: not without root, not without the kernel's freezer, not with an engine on another machine.</summary>
    public bool CanFreeze => _choice.Driver is IFreezable { CanFreeze: true };

    /// <summary>
    /// Stops the instance's processes where they are; they keep their memory and use no CPU. Takes 0.2 ms, on a busy machine some more, because the scheduler
    /// must come by each thread. True when it is frozen now, also when it was before. False when it is unknown or ending, still reports lines, or the sandbox
    /// cannot freeze; then it runs. Its connections stay open and what is sent to it waits, so whoever has invocations for it must thaw it first. Killed from outside while frozen, it
    /// ends when it is thawed (control groups version 1) and only then <see cref="IInstanceEvents.Exited"/> is called: nobody could tell the difference before.
    /// </summary>
    public Task<bool> FreezeAsync(string instanceId, CancellationToken cancellationToken) =>
        _table.Sandbox(instanceId)?.FreezeAsync(cancellationToken) ?? Task.FromResult(false);

    /// <summary>
    /// Lets a frozen instance go on where it was: one write to a kernel file, 0.2 ms, no call to an engine. True when it runs now, also when it was not frozen.
    /// False when it is unknown or ending, or the sandbox cannot freeze. Stopping and killing thaw by themselves.
    /// </summary>
    public Task<bool> ThawAsync(string instanceId, CancellationToken cancellationToken) => Task.FromResult(_table.Sandbox(instanceId)?.Thaw() ?? false);

    /// <summary>Bytes of memory in use now, without cached files that the kernel would give up first; null when it cannot be known. Two file reads.</summary>
    public long? MemoryOf(string instanceId) => _table.Sandbox(instanceId)?.Group?.MemoryBytes();

    /// <summary>CPU time that the instance has used so far, its start as a stem included; null when it cannot be known. One file read.</summary>
    public TimeSpan? CpuOf(string instanceId) => _table.Sandbox(instanceId)?.Group?.CpuTime();

    /// <summary>
    /// After a controller's restart: takes over the running instances whose revision <paramref name="isKnown"/>, and kills and removes everything else of this
    /// node that this process did not start.
    /// </summary>
    public async Task<IReadOnlyList<AdoptedInstance>> AdoptAsync(Func<string, bool> isKnown, CancellationToken cancellationToken)
    {
        var adopted = await _adoption.RunAsync(_choice.Others, isKnown, cancellationToken);
        foreach (var instance in adopted)
        {
            _table.Add(instance);
        }

        return [.. adopted.Select(i => new AdoptedInstance(i.Handle))];
    }

    /// <summary>Stops all instances and stems and removes everything that this node made: containers, networks, control groups, folders, sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pools.DisposeAsync();
        await _table.StopAllAsync(DisposeGrace, CancellationToken.None);
        _stems.Dispose();
        await _remains.DisposeAsync();
        await _choice.DisposeAsync();
        try
        {
            Directory.Delete(_instancesFolder);
        }
        catch (IOException)
        {
            // Somebody else's files, or already gone.
        }
    }

    private bool IsAvailable(string runtime) => Runtimes.Any(r => r.Name == runtime && r.IsAvailable);
}
