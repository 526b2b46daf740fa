namespace Faas.Gateway.Activation;

/// <summary>What a request meets at a gate: an acquisition (or why none), a place in the line, or another gate to go to.</summary>
internal readonly record struct Entry(Acquisition Acquisition, Waiter? Waiter, Gate? Elsewhere)
{
    /// <summary>Whether the controller must be asked for capacity.</summary>
    public bool ShouldAsk { get; init; }
}
