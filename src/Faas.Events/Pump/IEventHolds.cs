namespace Faas.Events;

/// <summary>What holds the events of functions back although they could run: spent budgets. Held events wait in the queue. Called often and from any thread.</summary>
public interface IEventHolds
{
    /// <summary>Attempts of the function that may run at the same time: 0 when none may; null when nothing holds them back.</summary>
    int? LimitOf(string function);

    /// <summary>When the function's events were let go last. What they waited before it does not count as their age.</summary>
    DateTimeOffset ReleasedAt(string function);
}

/// <summary>Holds nothing back.</summary>
internal sealed class NoHolds : IEventHolds
{
    public static NoHolds Instance { get; } = new();

    /// <inheritdoc/>
    public int? LimitOf(string function) => null;

    /// <inheritdoc/>
    public DateTimeOffset ReleasedAt(string function) => DateTimeOffset.MinValue;
}
