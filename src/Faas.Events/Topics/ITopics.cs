namespace Faas.Events;

/// <summary>Who listens to the built-in topics.</summary>
public interface ITopics
{
    /// <summary>Functions that get what is published on <paramref name="topic"/>.</summary>
    IReadOnlyList<string> SubscribersOf(string topic);
}
