namespace Faas.Instances.Drivers;

/// <summary>
/// Runs sandboxes. Seven verbs, all idempotent: starting a plan whose sandbox exists replaces it, removing one that is gone succeeds. Everything about folders of
/// sockets, the worker protocol, stems and adoption is above this.
/// </summary>
internal interface IInstanceDriver : IAsyncDisposable
{
    /// <summary>What the sandbox isolates.</summary>
    SandboxReport Report { get; }

    /// <summary>How a sandbox sees the host: paths in it, programs, and environment.</summary>
    SandboxView View(LaunchPlan plan);

    /// <summary>Starts a sandbox. When it throws, nothing is left behind.</summary>
    /// <exception cref="DriverException">It could not be started.</exception>
    Task<Launched> StartAsync(LaunchPlan plan, CancellationToken cancellationToken);

    /// <summary>Somebody waits for a sandbox that was started in the background: it gets its full weight. As far as that is possible here.</summary>
    void Hurry(Launched sandbox);

    /// <summary>Sets the CPU limit of a started sandbox, in cores, and gives it its full weight.</summary>
    Task LimitAsync(Launched sandbox, double cpu, CancellationToken cancellationToken);

    /// <summary>Completes when the sandbox has ended, with the reason as far as it is known.</summary>
    Task<ExitReport> WaitAsync(Launched sandbox, CancellationToken cancellationToken);

    /// <summary>Kills the sandbox and removes everything of it except its folder.</summary>
    Task RemoveAsync(Launched sandbox, CancellationToken cancellationToken);

    /// <summary>All sandboxes of this node, running or not.</summary>
    Task<IReadOnlyList<Launched>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>A sandbox that was started.</summary>
/// <param name="Id">The stem's id, which names its folder.</param>
/// <param name="Native">What the driver calls it: a container's id, or a process's pid and start time.</param>
/// <param name="Address">IP address, where it has one.</param>
/// <param name="Uid">The user it runs as; 0 when that is the controller's own.</param>
internal sealed record Launched(string Id, string Native, string? Address, int Uid);

/// <summary>Why a sandbox ended.</summary>
/// <param name="ExitCode">Exit code (128 + signal for a signal); null when unknown.</param>
/// <param name="IsOutOfMemory">Whether the kernel killed it for exceeding its memory limit.</param>
internal readonly record struct ExitReport(int? ExitCode, bool IsOutOfMemory);
