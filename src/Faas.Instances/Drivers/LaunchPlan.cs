using Faas.Contracts.Functions;
using Faas.Instances.Folders;

namespace Faas.Instances.Drivers;

/// <summary>What a driver is asked to start.</summary>
internal sealed record LaunchPlan
{
    /// <summary>The folder, whose name is the sandbox's id.</summary>
    public required InstanceFolder Folder { get; init; }

    /// <summary>The runtime; <c>http</c> for an image.</summary>
    public required string Runtime { get; init; }

    /// <summary>The user to run as, from a range that belongs to nobody.</summary>
    public required int Uid { get; init; }

    /// <summary>Memory limit, swap included.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>What it may reach.</summary>
    public required NetworkKind Network { get; init; }

    /// <summary>One-time token of the worker; empty for images.</summary>
    public string Token { get; init; } = "";

    /// <summary>The image of an image function; null for a stem.</summary>
    public string? Image { get; init; }

    /// <summary>Cores at start. One core for stems, whatever the function gets later: a quota of 0.1 would stretch a runtime's start to 1.4 s.</summary>
    public double Cpu { get; init; } = 1;

    /// <summary>Whether nobody waits for it yet. It gets its full weight with <see cref="IInstanceDriver.Hurry"/> or <see cref="IInstanceDriver.LimitAsync"/>.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Environment of an image function.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Revision of an image function, for the container's label; stems get theirs later.</summary>
    public string Revision { get; init; } = "";
}

/// <summary>A sandbox's view of the host.</summary>
/// <param name="Sockets">The folder of sockets.</param>
/// <param name="Code">The function's code.</param>
/// <param name="Runtime">The worker shim's folder.</param>
/// <param name="Program">The runtime's program: a path, or a name to be found on <paramref name="Path"/>.</param>
/// <param name="Path">The <c>PATH</c> variable; null keeps the image's.</param>
/// <param name="Temporary">A folder for temporary files.</param>
internal sealed record SandboxView(string Sockets, string Code, string Runtime, string Program, string? Path, string Temporary)
{
    /// <summary>The paths that sandboxes with a mount namespace see.</summary>
    public static SandboxView Inside(string program, string? path) => new("/run/faas", "/code", "/faas/runtime", program, path, "/tmp");
}
