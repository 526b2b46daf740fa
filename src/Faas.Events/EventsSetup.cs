using Faas.Storage;

namespace Faas.Events;

/// <summary>What events are made of on this node.</summary>
/// <param name="Queue">The store.</param>
/// <param name="Functions">What is deployed.</param>
/// <param name="Options">The limits.</param>
/// <param name="Owner">This node's name, the same after a restart: what is claimed under it at a start was left by a killed predecessor.</param>
public sealed record EventsSetup(IInvocationQueue Queue, IFunctionDirectory Functions, EventsOptions Options, string Owner)
{
    /// <summary>What holds events back; nothing by default.</summary>
    public IEventHolds Holds { get; init; } = NoHolds.Instance;
}
