namespace Faas.Contracts.Functions;

/// <summary>What a user wrote about one function: the unit of deployment. A changed spec is a new revision.</summary>
/// <remarks>
/// Nobody changes one after it was read. Properties with a default have setters all the same: source-generated JSON gives init-only properties
/// that are missing their type's zero instead of the default written here.
/// </remarks>
public sealed record FunctionSpec
{
    /// <summary>The function's name: a DNS label, optionally followed by a dot and its namespace. See <see cref="FunctionName"/>.</summary>
    public required string Name { get; init; }

    /// <summary><c>dotnet</c>, <c>node</c>, <c>python</c> or <c>http</c>; see <see cref="Runtimes"/>.</summary>
    public required string Runtime { get; init; }

    /// <summary>
    /// Entry point of a handler function. Python and Node: <c>file.function</c> without extension (<c>handler.handler</c>).
    /// C#: <c>Namespace.Type.Method</c>, <c>Type.Method</c>, or null to look for the one method that can be a handler. Null for <c>http</c>.
    /// </summary>
    public string? Handler { get; init; }

    /// <summary>Memory limit of one instance in MiB, 64 to 65,536. Default 256: what small handlers in all three languages fit into.</summary>
    public int MemoryMiB { get; set; } = 256;

    /// <summary>CPU limit of one instance in cores, 0.05 to 64. Default 1.</summary>
    public double Cpu { get; set; } = 1;

    /// <summary>How long one invocation may run, from the moment it starts to run. 10 ms to 1 h, default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Invocations that one instance runs at the same time (its slots), 1 to 1,000. Default 1 for handlers, 32 for <c>http</c>.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>Instances kept even when idle, 0 to <see cref="MaxInstances"/>. Default 0: the function scales to zero.</summary>
    public int MinInstances { get; init; }

    /// <summary>
    /// Instances kept while the function is in use, that is until its keep-alive is over; none after that. 0 to <see cref="MaxInstances"/>, default 0.
    /// </summary>
    public int MinActive { get; init; }

    /// <summary>Most instances at the same time, 1 to 1,000. Default 10.</summary>
    public int MaxInstances { get; set; } = 10;

    /// <summary>Idle time before an instance is stopped, 1 s to 24 h. Default null: the platform learns it from the pauses between invocations.</summary>
    public TimeSpan? KeepAlive { get; init; }

    /// <summary>Times at which instances are kept whether they are used or not. At most 16.</summary>
    public IReadOnlyList<WarmWindow> Warm { get; set; } = [];

    /// <summary>Whether idle instances are frozen (they use no CPU time and are awake again in about a millisecond). Default true.</summary>
    public bool Freeze { get; set; } = true;

    /// <summary>Environment variables of the function. Names that begin with <c>FAAS_</c> belong to the platform.</summary>
    public IReadOnlyDictionary<string, string> Env { get; set; } = new Dictionary<string, string>();

    /// <summary>What the function may reach over the network. Default <see cref="NetworkKind.Egress"/>.</summary>
    public NetworkKind Network { get; set; } = NetworkKind.Egress;

    /// <summary><c>http</c> functions: the program and its arguments, started in the code directory with <c>PORT</c> set.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    /// <summary><c>http</c> functions: a container image that serves HTTP on <c>$PORT</c>. Needs the Docker sandbox.</summary>
    public string? Image { get; init; }

    /// <summary>How its asynchronous invocations are run; null for <see cref="AsyncSpec.Default"/>.</summary>
    public AsyncSpec? Async { get; init; }

    /// <summary>What invokes it besides its callers; null for nothing. At most 16.</summary>
    public IReadOnlyList<TriggerSpec>? Triggers { get; init; }

    /// <summary>SHA-256 of the uploaded bundle, lower-case hex; null for a function that is only an image.</summary>
    public string? CodeDigest { get; init; }
}

/// <summary>What an instance may reach.</summary>
public enum NetworkKind
{
    /// <summary>Outgoing connections are allowed; other instances, the host and metadata addresses are not reachable.</summary>
    Egress,

    /// <summary>Nothing but the platform's own sockets. Starts fastest.</summary>
    None,
}
