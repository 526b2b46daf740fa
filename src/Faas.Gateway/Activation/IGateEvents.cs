namespace Faas.Gateway.Activation;

/// <summary>What gates tell the controller. Called with or without a gate's lock held, so implementations only take note.</summary>
internal interface IGateEvents
{
    /// <summary>Somebody waits at <paramref name="gate"/>.</summary>
    void CapacityWanted(Gate gate);

    /// <summary>The instance has no slot in use and gets none any more.</summary>
    void Drained(Instance instance);

    /// <summary>The drain was for idleness only, and the instance is busy.</summary>
    void DrainRefused(Instance instance);

    /// <summary>Whether the instance may be frozen: it gets no invocation until it is thawed, or it is busy.</summary>
    void FreezeAnswered(Instance instance, bool isAgreed);

    /// <summary>The instance must be killed; the gate has forgotten it.</summary>
    void Discarded(Instance instance, string reason);
}
