using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Faas.Instances.Folders;
using Faas.Instances.Languages;

namespace Faas.Instances.Drivers.Processes;

/// <summary>Instances as processes of this machine: inside bubblewrap where it works, else without any isolation. As root with control groups.</summary>
internal sealed class ProcessDriver : IInstanceDriver, IFreezable
{
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Redirects first, so that complaints of everything after it arrive; then joins the control groups; then becomes the command.</summary>
    private const string Launcher = """
        exec </dev/null 1<>"$1" 2>&1 9<"$2"; shift 2
        while [ "$1" != -- ]; do echo $$ >"$1" || exit 97; shift; done; shift
        ulimit -c 0
        exec setsid "$@"
        """;

    private readonly ConcurrentDictionary<string, Process> _children = new();
    private readonly IReadOnlyDictionary<string, RuntimeInstallation> _installations;
    private readonly string _runtimesFolder;
    private readonly string _instancesFolder;
    private readonly Bubblewrap? _bubblewrap;
    private readonly ControlGroups? _groups;
    private readonly TimeProvider _time;
    private readonly string? _filterFile;

    public ProcessDriver(DriverSetup setup, Bubblewrap? bubblewrap)
    {
        _installations = setup.Installations.ToDictionary(i => i.Name);
        _runtimesFolder = setup.RuntimesFolder;
        _instancesFolder = setup.InstancesFolder;
        _bubblewrap = bubblewrap;
        _groups = ControlGroups.TryOpen(setup.Node, "process");
        _time = setup.Time;
        _filterFile = bubblewrap is null ? null : WriteFilter(setup.InstancesFolder);
        Report = new SandboxReport("process", ProcessIsolation.Describe(bubblewrap is not null, _groups is not null), bubblewrap is not null);
    }

    public SandboxReport Report { get; }

    public bool CanFreeze => _groups is not null && ControlGroup.CanFreeze;

    public ControlGroup? GroupOf(Launched sandbox) => _groups?.Group(sandbox.Id);

    public SandboxView View(LaunchPlan plan)
    {
        var installation = _installations.GetValueOrDefault(plan.Runtime)
            ?? throw new DriverException("start", $"{plan.Runtime} is not installed: {RuntimeProbe.HowToGet(plan.Runtime)}", isTransient: false);
        var path = RuntimeInstallation.SearchPath(_installations.Values);
        return _bubblewrap is not null
            ? SandboxView.Inside(installation.Program, path)
            : new SandboxView(plan.Folder.Sockets, plan.Folder.Code, RuntimeFolder(plan), installation.Program, path, Path.Combine(plan.Folder.Path, "tmp"));
    }

    public Task<Launched> StartAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Image is not null)
        {
            throw new DriverException("start", "images need Docker: start it and use --sandbox docker", isTransient: false);
        }

        var id = plan.Folder.Id;
        try
        {
            _groups?.Create(id, plan.MemoryMiB, plan.Cpu);
            _groups?.SetBackground(id, plan.IsBackground);
            var process = Process.Start(StartInfo(plan))!;
            _children[id] = process;
            var identity = ProcessIdentity.Of(process.Id) ?? new ProcessIdentity(process.Id, 0);
            File.WriteAllText(PidFile(plan.Folder.Path), identity.ToString());
            return Task.FromResult(new Launched(id, identity.ToString(), null, _bubblewrap is not null && Posix.IsRoot ? plan.Uid : 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            _groups?.TryRemove(id);
            throw new DriverException("start", $"could not start a {plan.Runtime} process: {e.Message}", isTransient: true, e);
        }
    }

    public void Hurry(Launched sandbox)
    {
        try
        {
            _groups?.SetBackground(sandbox.Id, isBackground: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended; whoever waits for it notices.
        }
    }

    public Task LimitAsync(Launched sandbox, double cpu, CancellationToken cancellationToken)
    {
        _groups?.SetCpu(sandbox.Id, cpu);
        _groups?.SetBackground(sandbox.Id, isBackground: false);
        return Task.CompletedTask;
    }

    public async Task<ExitReport> WaitAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        int? exitCode = null;
        if (_children.TryGetValue(sandbox.Id, out var child))
        {
            await child.WaitForExitAsync(cancellationToken);
            exitCode = child.ExitCode;
        }
        else if (ProcessIdentity.Parse(sandbox.Native) is { } identity)
        {
            // An adopted process is nobody's child that could be waited for.
            while (identity.IsAlive())
            {
                await Task.Delay(PollInterval, _time, cancellationToken);
            }
        }

        return new ExitReport(exitCode, _groups?.HasRunOutOfMemory(sandbox.Id) ?? false);
    }

    public async Task RemoveAsync(Launched sandbox, CancellationToken cancellationToken)
    {
        GroupOf(sandbox)?.TryThaw();   // on version 1 the SIGKILL of a frozen process waits for this
        using var deadline = new CancellationTokenSource(KillPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            while (!IsGone(sandbox))
            {
                await Task.Delay(PollInterval, _time, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverException("remove", $"the processes of instance {sandbox.Id} survive SIGKILL", isTransient: true);
        }

        if (_children.TryRemove(sandbox.Id, out var child))
        {
            child.Dispose();
        }
    }

    public Task<IReadOnlyList<Launched>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, Launched>();
        foreach (var id in _groups?.List() ?? [])
        {
            found[id] = new Launched(id, "", null, 0);
        }

        foreach (var folder in Directory.Exists(_instancesFolder) ? Directory.EnumerateDirectories(_instancesFolder) : [])
        {
            if (File.Exists(PidFile(folder)))
            {
                var id = Path.GetFileName(folder);
                found[id] = new Launched(id, File.ReadAllText(PidFile(folder)), null, 0);
            }
        }

        return Task.FromResult<IReadOnlyList<Launched>>([.. found.Values]);
    }

    public ValueTask DisposeAsync()
    {
        if (_filterFile is not null)
        {
            File.Delete(_filterFile);
        }

        _groups?.RemoveParents();
        foreach (var child in _children.Values)
        {
            child.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Beside the instances' folder, in which everything is an instance.</summary>
    private static string? WriteFilter(string instancesFolder)
    {
        if (SystemCallFilter.Build() is not { } filter)
        {
            return null;
        }

        var file = Path.Combine(Path.GetDirectoryName(instancesFolder)!, "seccomp.bpf");
        File.WriteAllBytes(file, filter);
        return file;
    }

    private static string PidFile(string folder) => Path.Combine(folder, "pid");

    private string RuntimeFolder(LaunchPlan plan) => Path.Combine(_runtimesFolder, plan.Runtime);

    private ProcessStartInfo StartInfo(LaunchPlan plan)
    {
        var view = View(plan);
        var command = WorkerLaunch.Command(plan, view);
        if (_bubblewrap is null)
        {
            Directory.CreateDirectory(view.Temporary);
        }

        var wrapped = _bubblewrap?.Arguments(plan.Folder.Sockets, plan.Folder.Code, RuntimeFolder(plan), plan.Network, plan.Uid, _filterFile is not null, command) ?? command;
        var start = new ProcessStartInfo("/bin/sh",
            ["-c", Launcher, "faas-instance", plan.Folder.Output, _filterFile ?? "/dev/null", .. _groups?.ProcessFiles(plan.Folder.Id) ?? [], "--", .. wrapped]);
        start.Environment.Clear();
        foreach (var (name, value) in WorkerLaunch.Environment(plan, view))
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private bool IsGone(Launched sandbox)
    {
        var isDead = _groups is not null
            ? _groups.KillAll(sandbox.Id)
            : ProcessIdentity.Parse(sandbox.Native)?.KillTree() ?? true;
        return isDead && (_groups?.TryRemove(sandbox.Id) ?? true);
    }
}
