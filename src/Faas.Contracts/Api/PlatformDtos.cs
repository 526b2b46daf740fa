namespace Faas.Contracts.Api;

/// <summary>The platform as a whole: <c>GET /v1/platform</c>.</summary>
public sealed record PlatformDescription
{
    /// <summary>The controller's version.</summary>
    public required string Version { get; init; }

    /// <summary>Where callers invoke functions, for example <c>http://127.0.0.1:8080</c>.</summary>
    public required string PublicUrl { get; init; }

    /// <summary>Whether a gateway is connected.</summary>
    public required bool GatewayConnected { get; init; }

    /// <summary><c>docker</c> or <c>process</c>.</summary>
    public required string Sandbox { get; init; }

    /// <summary>A sentence about what the sandbox isolates, or a warning that it does not.</summary>
    public required string Isolation { get; init; }

    /// <summary>False when functions run without isolation from the host and from each other.</summary>
    public required bool IsIsolated { get; init; }

    /// <summary>Each runtime: found or how to get it.</summary>
    public required IReadOnlyList<RuntimeDescription> Runtimes { get; init; }
}

/// <summary>One runtime on this machine.</summary>
/// <param name="Name">Its name in manifests.</param>
/// <param name="IsAvailable">Whether functions can use it.</param>
/// <param name="Version">Its version, for example <c>3.11.2</c>; null when missing.</param>
/// <param name="Hint">How to get it when missing; else where it comes from.</param>
/// <param name="Stems">Stems ready now.</param>
public sealed record RuntimeDescription(string Name, bool IsAvailable, string? Version, string Hint, int Stems);

/// <summary>An error of the management API: RFC 9457 problem details with the platform's extensions.</summary>
public sealed record ApiProblem
{
    /// <summary>A URN that names the kind of problem, for example <c>urn:faas:error:NotFound</c>.</summary>
    public string Type { get; set; } = "about:blank";

    /// <summary>Short summary, the same for every occurrence.</summary>
    public string Title { get; set; } = "";

    /// <summary>HTTP status code.</summary>
    public int Status { get; init; }

    /// <summary>What happened and what to do.</summary>
    public string Detail { get; set; } = "";

    /// <summary>The kind of problem as one word, for example <c>NotFound</c>, <c>InvalidSpec</c>, <c>BuildFailed</c>, <c>InitFailed</c>.</summary>
    public string Error { get; set; } = "";

    /// <summary>Who has to act: <c>caller</c>, <c>function</c> or <c>platform</c>.</summary>
    public string? Blame { get; init; }

    /// <summary>The invocation, where there was one.</summary>
    public string? InvocationId { get; init; }

    /// <summary>Compiler diagnostics, one a line, as <c>file(line,column): error CODE: text</c>.</summary>
    public IReadOnlyList<string> Diagnostics { get; set; } = [];

    /// <summary>The instance's own last log lines.</summary>
    public IReadOnlyList<string> Logs { get; set; } = [];
}

/// <summary>What the machine carries at this moment: <c>GET /v1/load</c>.</summary>
public sealed record PlatformLoad
{
    /// <summary>Processors.</summary>
    public required int Cores { get; init; }

    /// <summary>Idle time of all processors together since the machine started, in ms; two readings tell how busy they are.</summary>
    public required long IdleMs { get; init; }

    /// <summary>When <see cref="IdleMs"/> was read, in ms from an arbitrary start.</summary>
    public required long AtMs { get; init; }

    /// <summary>The machine's memory in MiB.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>What could be had of it without swapping, in MiB.</summary>
    public required long AvailableMiB { get; init; }

    /// <summary>What instances may be allotted together, in MiB.</summary>
    public required long AllottableMiB { get; init; }

    /// <summary>What they are allotted, in MiB.</summary>
    public required long AllottedMiB { get; init; }

    /// <summary>Stems that are ready, by runtime.</summary>
    public required IReadOnlyDictionary<string, int> Stems { get; init; }

    /// <summary>The functions.</summary>
    public required IReadOnlyList<FunctionSummary> Functions { get; init; }
}
