namespace Faas.Functions;

/// <summary>
/// What a handler may know about its invocation and instance. Take it as a parameter, anywhere in the list. What is written with
/// <see cref="Console"/> becomes log lines of this invocation.
/// </summary>
/// <example>
/// <code>
/// public static async Task&lt;string&gt; Handle(string text, FunctionContext context)
/// {
///     Console.WriteLine($"{context.InvocationId}: {context.RemainingTime.TotalSeconds} s left");
///     return await Translate(text, context.CancellationToken);
/// }
/// </code>
/// </example>
public sealed class FunctionContext
{
    private readonly TimeProvider _time;

    /// <summary>A context on the system's clock. The platform makes them; in a test of your own you can, too.</summary>
    public FunctionContext()
        : this(TimeProvider.System)
    {
    }

    /// <summary>A context on another clock, for tests.</summary>
    public FunctionContext(TimeProvider time) => _time = time;

    /// <summary>The invocation's id; callers see it as <c>X-Call-Id</c>.</summary>
    public string InvocationId { get; init; } = "";

    /// <summary>The function's name.</summary>
    public string FunctionName { get; init; } = "";

    /// <summary>The id of the revision that runs: it changes with every deployment.</summary>
    public string Revision { get; init; } = "";

    /// <summary>The id of this instance. Static fields and the handler's object live as long as the instance does.</summary>
    public string InstanceId { get; init; } = "";

    /// <summary>The instance's memory limit in MiB.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>When the function's timeout runs out.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Cancelled when the timeout runs out or nobody waits for the answer any more.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Time until <see cref="Deadline"/>; zero when it has passed.</summary>
    public TimeSpan RemainingTime
    {
        get
        {
            var remaining = Deadline - _time.GetUtcNow();
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }
    }
}
