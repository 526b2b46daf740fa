using System.Collections.Concurrent;
using Faas.Gateway.Activation;

namespace Faas.Gateway.Tests.Activation;

/// <summary>Remembers what gates say.</summary>
internal sealed class RecordedEvents : IGateEvents
{
    public ConcurrentQueue<Gate> Wanted { get; } = new();

    public ConcurrentQueue<Instance> DrainedInstances { get; } = new();

    public ConcurrentQueue<Instance> Refused { get; } = new();

    public ConcurrentQueue<(Instance Instance, bool IsAgreed)> FreezeAnswers { get; } = new();

    public ConcurrentQueue<(string Id, string Reason)> DiscardedInstances { get; } = new();

    public void CapacityWanted(Gate gate) => Wanted.Enqueue(gate);

    public void Drained(Instance instance) => DrainedInstances.Enqueue(instance);

    public void DrainRefused(Instance instance) => Refused.Enqueue(instance);

    public void FreezeAnswered(Instance instance, bool isAgreed) => FreezeAnswers.Enqueue((instance, isAgreed));

    public void Discarded(Instance instance, string reason) => DiscardedInstances.Enqueue((instance.Id, reason));
}
