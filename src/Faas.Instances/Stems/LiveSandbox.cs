using Faas.Instances.Control;
using Faas.Instances.Drivers;
using Faas.Instances.Folders;

namespace Faas.Instances.Stems;

/// <summary>A started sandbox with everything that belongs to it: folder, user, output, control connection. First a stem, then, once, an instance.</summary>
internal sealed class LiveSandbox
{
    /// <summary>How long the driver may take to say why a sandbox ended whose control connection is closed.</summary>
    private static readonly TimeSpan ExplanationPatience = TimeSpan.FromSeconds(3);

    private readonly SandboxSurroundings _around;
    private readonly Freezer _freezer;
    private readonly Lock _lock = new();
    private ControlConnection? _control;
    private IAsyncDisposable? _output;
    private Task? _removal;

    public LiveSandbox(SandboxSurroundings around, InstanceFolder folder, int uid, LogSink log)
    {
        _around = around;
        _freezer = new Freezer(around.Driver, around.Time);
        Folder = folder;
        Uid = uid;
        Log = log;
        Launched = new Launched(folder.Id, "", null, uid);
    }

    public InstanceFolder Folder { get; }

    public int Uid { get; }

    public LogSink Log { get; }

    /// <summary>The token its worker knows us by; empty for images.</summary>
    public string Token { get; set; } = "";

    /// <summary>The driver's name for it; before it is started, only its id.</summary>
    public Launched Launched { get; set; }

    /// <summary>The control connection; only images have none.</summary>
    public ControlConnection Control => _control ?? throw new InvalidOperationException("this sandbox has no control connection");

    /// <summary>Its control group, for measuring; null where there is none.</summary>
    public ControlGroup? Group => (_around.Driver as IFreezable)?.GroupOf(Launched);

    /// <summary>Completes when the sandbox has ended or must be taken for it. Never fails.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Its output, reported until it is removed.</summary>
    public void Attach(IAsyncDisposable output) => _output = output;

    /// <summary>Its control connection, whose end is the sandbox's end.</summary>
    public void Attach(ControlConnection control)
    {
        _control = control;
        Ended = control.Closed;
    }

    /// <summary>A sandbox without a control connection ends when its driver says so.</summary>
    public void Attach(Task ended) => Ended = ended;

    /// <summary>
    /// Freezes it; true when it stands still. False when that is impossible, its end has begun, or it has lines to report that would wait in it until it is
    /// thawed; then it runs.
    /// </summary>
    public async Task<bool> FreezeAsync(CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted || !await _freezer.FreezeAsync(Launched, cancellationToken))
        {
            return false;
        }

        if (_control?.IsHeard is not false)
        {
            return true;
        }

        _freezer.Thaw(Launched);
        return false;
    }

    /// <summary>Lets it run again. False when it has no control group or its end has begun.</summary>
    public bool Thaw() => _freezer.Thaw(Launched);

    /// <summary>Its end begins: it runs from now on, and cannot be frozen.</summary>
    public void ThawForGood() => _freezer.ThawForGood(Launched);

    /// <summary>Asks it to finish what runs and end: a worker by a message, an image, which has no worker, by a signal. It must not be frozen.</summary>
    public async Task ShutdownAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (_control is not null)
        {
            await _control.ShutdownAsync(grace, cancellationToken);
        }
        else if (_around.Driver is IRunsImages images)
        {
            try
            {
                await images.AskToStopAsync(Launched, cancellationToken);
            }
            catch (DriverException)
            {
                // The engine is away: nobody can be asked, and removing it is tried again until the engine is back.
            }
        }
    }

    /// <summary>Why it ended, as far as that can be found out soon.</summary>
    public async Task<ExitReport> ExplainAsync()
    {
        using var deadline = new CancellationTokenSource(ExplanationPatience, _around.Time);
        try
        {
            return await _around.Driver.WaitAsync(Launched, deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or DriverException)
        {
            return default;
        }
    }

    /// <summary>Kills it and removes all that is left of it. May be called at any time, any number of times; what fails now is tried again later.</summary>
    public Task RemoveAsync()
    {
        lock (_lock)
        {
            return _removal ??= RemoveOnceAsync();
        }
    }

    private async Task RemoveOnceAsync()
    {
        await Task.Yield();   // leave the caller's lock
        await _around.Remains.RemoveAsync(_around.Driver, Launched, Folder);
        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        if (_output is not null)
        {
            await _output.DisposeAsync();
        }

        _around.Users.Return(Uid);
        _around.Forget(Folder.Id);
    }
}
