using Faas.Contracts.Functions;
using Faas.Events.Triggers;

namespace Faas.Events;

/// <summary>The topics that deployed functions listen to, but for the paused ones.</summary>
internal sealed class Subscriptions(IDeployments deployments, TriggerTable table) : ITopics
{
    /// <inheritdoc/>
    public IReadOnlyList<Subscriber> SubscribersOf(string topic)
    {
        var subscribers = new List<Subscriber>();
        foreach (var function in deployments.All)
        {
            if (ActiveTriggerOf(function, topic) is { } trigger)
            {
                subscribers.Add(new Subscriber(function.Name, trigger));
            }
        }

        subscribers.Sort((one, other) => string.CompareOrdinal(one.Function, other.Function));
        return subscribers;
    }

    /// <inheritdoc/>
    public bool IsListenedTo(string topic) => deployments.All.Any(function => function.Triggers?.Any(trigger => trigger.Topic == topic) == true);

    private string? ActiveTriggerOf(FunctionSpec function, string topic)
    {
        foreach (var trigger in function.Triggers ?? [])
        {
            // One that the table does not know yet was deployed a moment ago, and is not paused.
            if (trigger.Topic == topic && TriggerNames.IdOf(function.Name, trigger) is var id && table.Find(id) is not { IsPaused: true })
            {
                return id;
            }
        }

        return null;
    }
}
