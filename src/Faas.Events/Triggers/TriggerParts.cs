using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>What runs of triggers need of the platform.</summary>
/// <param name="Deliveries">Where events go.</param>
/// <param name="Store">What is kept.</param>
/// <param name="Secrets">What specs name secrets of.</param>
/// <param name="Time">The clock.</param>
internal sealed record TriggerParts(TriggerDeliveries Deliveries, ITriggerStore Store, ISecrets Secrets, TimeProvider Time);
