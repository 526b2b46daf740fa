namespace Faas.Contracts.Api;

/// <summary>Which log lines of a function to read.</summary>
public sealed record LogQuery
{
    /// <summary>How many of the newest lines to begin with. Default 100.</summary>
    public int Tail { get; init; } = 100;

    /// <summary>Only lines of this invocation; null for all.</summary>
    public string? InvocationId { get; init; }

    /// <summary>Whether to go on with new lines as they come. Default false.</summary>
    public bool Follow { get; init; }
}
