namespace Faas.Contracts.Functions;

/// <summary>What invokes a function besides its callers. Exactly one kind is set.</summary>
public sealed record TriggerSpec
{
    /// <summary>The trigger's name within the function; null for that of its topic.</summary>
    public string? Name { get; init; }

    /// <summary>A built-in topic: what is published on it reaches the function as a CloudEvent.</summary>
    public string? Topic { get; init; }
}
