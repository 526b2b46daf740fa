using System.Text.Json;
using System.Text.Json.Serialization;

namespace Faas.WorkerProtocol;

/// <summary>Payload of a Specialize frame: what a stem becomes.</summary>
public sealed record SpecializeMessage
{
    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The revision's id.</summary>
    public required string Revision { get; init; }

    /// <summary>The instance's id.</summary>
    public required string Instance { get; init; }

    /// <summary><c>handler</c> or <c>http</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Entry point; null means look for it.</summary>
    public string? Handler { get; init; }

    /// <summary><c>http</c>: program and arguments, started in the code directory.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    /// <summary>Memory limit in MiB, for runtimes that size their heap by it.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Timeout of an invocation in ms, for the context object.</summary>
    public required long TimeoutMs { get; init; }

    /// <summary>Invocations at the same time.</summary>
    public required int Concurrency { get; init; }

    /// <summary>The function's environment variables.</summary>
    public IReadOnlyDictionary<string, string> Env { get; set; } = new Dictionary<string, string>();
}

/// <summary>Payload of a Specialized frame.</summary>
public sealed record SpecializedMessage
{
    /// <summary>Whether the instance is ready.</summary>
    public required bool Ok { get; init; }

    /// <summary>Milliseconds that loading the function took.</summary>
    public double InitMs { get; init; }

    /// <summary>When not ok: <c>HandlerNotFound</c>, <c>LoadFailed</c>, <c>InitFailed</c> or <c>AlreadySpecialized</c>.</summary>
    public string? Error { get; init; }

    /// <summary>What went wrong, in one line.</summary>
    public string? Message { get; init; }

    /// <summary>Stack frames, innermost first.</summary>
    public IReadOnlyList<string> Trace { get; set; } = [];
}

/// <summary>Payload of a Failure frame.</summary>
public sealed record FailureMessage
{
    /// <summary><c>Unhandled</c> (it threw), <c>InvalidResult</c> (no answer can be made of what it returned), <c>BadEvent</c> (the event is not what it takes) or <c>TooLarge</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The exception's type in its language, for example <c>ValueError</c>.</summary>
    public required string ErrorType { get; init; }

    /// <summary>The exception's message.</summary>
    public required string Message { get; init; }

    /// <summary>Stack frames, innermost first.</summary>
    public IReadOnlyList<string> Trace { get; set; } = [];
}

/// <summary>Payload of a Shutdown frame.</summary>
/// <param name="GraceMs">How long running invocations may take to finish.</param>
public sealed record ShutdownMessage(int GraceMs);

/// <summary>Source-generated JSON of the messages: camelCase, null left out.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SpecializeMessage))]
[JsonSerializable(typeof(SpecializedMessage))]
[JsonSerializable(typeof(FailureMessage))]
[JsonSerializable(typeof(ShutdownMessage))]
public sealed partial class WorkerJson : JsonSerializerContext;
