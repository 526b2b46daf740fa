namespace Faas.Events;

/// <summary>Who listens to the built-in topics.</summary>
public interface ITopics
{
    /// <summary>Who gets what is published on <paramref name="topic"/> now: every function that listens to it once, unless its trigger is paused.</summary>
    IReadOnlyList<Subscriber> SubscribersOf(string topic);

    /// <summary>Whether any function listens to <paramref name="topic"/>, paused or not.</summary>
    bool IsListenedTo(string topic);
}

/// <summary>A function that listens to a topic.</summary>
/// <param name="Function">The function.</param>
/// <param name="Trigger">The id of the trigger by which it listens.</param>
public sealed record Subscriber(string Function, string Trigger);
