namespace Faas.Contracts.Functions;

/// <summary>How a function's asynchronous invocations are run: how often, for how long, and where their ends are told. All of it may be left out.</summary>
public sealed record AsyncSpec
{
    /// <summary>What holds for a function that says nothing.</summary>
    public static AsyncSpec Default { get; } = new();

    /// <summary>
    /// Failed runs after which an event becomes a dead letter, 1 to 100. Default 3, as AWS Lambda's. Only what may succeed later is run again
    /// (<see cref="Invocations.InvocationErrors"/>, and the function's own 429 and 5xx answers); runs that the platform cut off are not counted.
    /// </summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Pause after the first failure, doubled after each further one, 100 ms to 1 h. Default 1 s. Each pause is drawn between half of it and all of it.</summary>
    public TimeSpan BackoffMin { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause, <see cref="BackoffMin"/> to 12 h. Default 5 min.</summary>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Age, from the moment it was due first, at which an event becomes a dead letter instead of being run, 1 s to 14 days. Default 6 h, as AWS Lambda's.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(6);

    /// <summary>Events of the function that run at the same time, 1 to 1,000,000. Default null: as many as it may have slots, less one if it has several, so that callers find one.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Events that may wait, 1 to 10,000,000; more are refused with QueueFull. Default 100,000.</summary>
    public int QueueMax { get; set; } = 100_000;

    /// <summary>How long an ended event and its result can be asked for, 0 s to 30 days. Default 24 h. Dead letters are kept until they are redriven or purged.</summary>
    public TimeSpan KeepResult { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Where results of successful events go; null for nowhere.</summary>
    public Destination? OnSuccess { get; init; }

    /// <summary>Where events go that became dead letters; null for nowhere else.</summary>
    public Destination? OnFailure { get; init; }
}

/// <summary>Where the end of an asynchronous invocation is told, as a CloudEvent that carries request, attempts and result. Exactly one of the three is set.</summary>
public sealed record Destination
{
    /// <summary>A function of this platform.</summary>
    public string? Function { get; init; }

    /// <summary>A built-in topic, <see cref="FunctionSpec.Name"/>'s characters.</summary>
    public string? Topic { get; init; }

    /// <summary>An http or https address that is sent a signed POST.</summary>
    public string? Url { get; init; }
}
