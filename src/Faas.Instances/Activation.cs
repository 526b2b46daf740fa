using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances;

/// <summary>Asks for one ready instance of a revision.</summary>
public sealed record ActivationRequest
{
    /// <summary>The new instance's id, chosen by the caller, unique for ever.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The revision.</summary>
    public required string Revision { get; init; }

    /// <summary>The revision's spec.</summary>
    public required FunctionSpec Spec { get; init; }

    /// <summary>The unpacked, immutable code; empty for images.</summary>
    public required string CodeFolder { get; init; }

    /// <summary>Whether somebody waits for it who is not served otherwise. If not, what runs comes first: where there is no stem, one is made with what is left of the cores.</summary>
    public bool IsUrgent { get; init; } = true;
}

/// <summary>A ready instance, or why there is none. A failed activation leaves nothing behind.</summary>
public sealed record ActivationResult
{
    /// <summary>The instance; null when <see cref="Error"/> is set.</summary>
    public InstanceHandle? Instance { get; init; }

    /// <summary>
    /// <see cref="InvocationError.None"/>, <see cref="InvocationError.InitFailed"/> or <see cref="InvocationError.OutOfMemory"/> (the function's fault), or
    /// <see cref="InvocationError.Unavailable"/> (the platform's).
    /// </summary>
    public InvocationError Error { get; init; }

    /// <summary>What went wrong and what to do, in a sentence; empty on success.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The last lines that the instance wrote; empty on success.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>Where the time went.</summary>
    public ActivationPhases Phases { get; init; }
}

/// <summary>Where an activation's time went.</summary>
/// <param name="StemWait">Taking a stem, or starting one.</param>
/// <param name="Place">Putting the code into the instance's folder.</param>
/// <param name="Specialize">From <c>Specialize</c> to its answer.</param>
/// <param name="FromStem">Whether a ready stem was used.</param>
public readonly record struct ActivationPhases(TimeSpan StemWait, TimeSpan Place, TimeSpan Specialize, bool FromStem);

/// <summary>A ready instance.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Function">Its function's name.</param>
/// <param name="Socket">The socket that serves invocations: <c>worker.sock</c> of handlers, <c>http.sock</c> of http commands; null for images.</param>
/// <param name="Address"><c>ip:port</c> of an image's container; null otherwise.</param>
/// <param name="StartedAt">When it became ready.</param>
/// <param name="Driver"><c>docker</c> or <c>process</c>.</param>
public sealed record InstanceHandle(string Id, string Revision, string Function, string? Socket, string? Address, DateTimeOffset StartedAt, string Driver)
{
    /// <summary>How it was made; default for one that was adopted.</summary>
    public ActivationPhases Phases { get; init; }

    /// <summary>Where the kernel accounts what it uses; null for handlers, whose workers tell themselves, and where it has no control group.</summary>
    public AccountingFolders? Accounting { get; init; }
}

/// <summary>Folders of an instance's control group; on version 2 they are one.</summary>
/// <param name="Cpu">The one with its CPU time: <c>cpuacct.usage</c> or <c>cpu.stat</c>.</param>
/// <param name="Memory">The one with its memory: <c>memory.max_usage_in_bytes</c> or <c>memory.peak</c>.</param>
public sealed record AccountingFolders(string Cpu, string Memory);

/// <summary>An instance that an earlier controller left running and that this one looks after now.</summary>
/// <param name="Instance">The instance.</param>
public sealed record AdoptedInstance(InstanceHandle Instance);

/// <summary>What distinguishes stems: they are limited and cut off the network before they get a function.</summary>
/// <param name="Runtime"><c>dotnet</c>, <c>node</c> or <c>python</c>; the stem of an http command is a <c>dotnet</c> one.</param>
/// <param name="MemoryMiB">Memory limit.</param>
/// <param name="Network">What it may reach.</param>
public sealed record StemKey(string Runtime, int MemoryMiB, NetworkKind Network)
{
    /// <summary>The key of the stems that instances of <paramref name="spec"/> are made of; null for images, which need no stem.</summary>
    public static StemKey? Of(FunctionSpec spec) =>
        spec.Image is not null ? null : new StemKey(spec.Runtime == Contracts.Functions.Runtimes.Http ? Contracts.Functions.Runtimes.DotNet : spec.Runtime, spec.MemoryMiB, spec.Network);
}
