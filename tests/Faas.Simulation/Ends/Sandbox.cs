using Faas.Instances;
using Faas.Storage;

namespace Faas.Simulation.Ends;

/// <summary>An instance as it really is, whatever gateway and controller believe.</summary>
internal sealed class Sandbox(string id, RevisionRecord revision)
{
    public string Id { get; } = id;

    public RevisionRecord Revision { get; } = revision;

    public int MemoryMiB => Revision.Spec.MemoryMiB;

    public SandboxState State { get; set; }

    /// <summary>Whether its processes stand still, or are being made to.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>What runs on it.</summary>
    public HashSet<Call> Running { get; } = [];

    public InstanceHandle Handle(DateTimeOffset now) => new(Id, Revision.Id, Revision.Function, $"/{Id}", null, now, "process");
}

/// <summary>How far a sandbox has come.</summary>
internal enum SandboxState
{
    Starting,
    Running,
    Stopping,
    Ended,
}
