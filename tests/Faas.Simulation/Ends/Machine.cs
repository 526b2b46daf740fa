using Faas.Contracts.Invocations;
using Faas.Controller.Scaling;
using Faas.Simulation.Running;
using Faas.Storage;

namespace Faas.Simulation.Ends;

/// <summary>The computer: its sandboxes, which outlive gateways and controllers, and its memory.</summary>
internal sealed class Machine(Plan plan, VirtualTime time, Trace trace) : IMachine
{
    private readonly Dictionary<string, Sandbox> _sandboxes = [];
    private readonly HashSet<string> _stopped = [];
    private int _last;

    public int Cores => plan.Cores;

    public long MemoryMiB => 128 * 1024;

    /// <summary>What is there, in the order of its start.</summary>
    public IReadOnlyCollection<Sandbox> Sandboxes => _sandboxes.Values;

    /// <summary>Memory of all that is there, in MiB.</summary>
    public long UsedMiB { get; private set; }

    /// <summary>The controller that hears when one of them ends by itself; null while there is none.</summary>
    public Action<Sandbox, InvocationError>? Exited { get; set; }

    public long AvailableMiB() => 64 * 1024;

    public MachineReading Read() => new(time.Now, time.Now * plan.IdleShare * plan.Cores);

    public Sandbox? Find(string id) => _sandboxes.GetValueOrDefault(id);

    /// <summary>Whether the controller had it stopped, so that nobody may want to use it any more.</summary>
    public bool WasStopped(string id) => _stopped.Contains(id);

    public Sandbox Create(RevisionRecord revision)
    {
        var sandbox = new Sandbox($"i{++_last}", revision, time);
        _sandboxes[sandbox.Id] = sandbox;
        UsedMiB += sandbox.MemoryMiB;
        trace.Note("activation begins", sandbox.Id, revision.Id);
        if (UsedMiB > plan.MemoryMiB)
        {
            throw new BrokenPromiseException($"{UsedMiB} MiB are in use, {plan.MemoryMiB} may be");
        }

        return sandbox;
    }

    /// <summary>Its end begins, in peace: nothing may run on it.</summary>
    public void BeginStop(Sandbox sandbox)
    {
        trace.Note("stop begins", sandbox.Id);
        if (sandbox.Running.Count + sandbox.HeldBack.Count > 0)
        {
            throw new BrokenPromiseException($"{sandbox.Id} is stopped while {sandbox.Running.Count} run on it and {sandbox.HeldBack.Count} wait there");
        }

        sandbox.State = SandboxState.Stopping;
        sandbox.IsFrozen = false;
        _stopped.Add(sandbox.Id);
    }

    /// <summary>It is gone, and its memory free. What runs on it breaks.</summary>
    public void End(Sandbox sandbox, string why)
    {
        if (!_sandboxes.Remove(sandbox.Id))
        {
            return;
        }

        trace.Note("sandbox ends", sandbox.Id, why);
        UsedMiB -= sandbox.MemoryMiB;
        sandbox.State = SandboxState.Ended;
        foreach (var call in sandbox.Running.ToList())
        {
            call.ConnectionBroke();
        }

        sandbox.Moved.ForEach(static sent => sent.Line.SendMoved(sent, hasEnded: false));
        sandbox.Lines.ForEach(static line => line.Shut());
        sandbox.DropAll();
    }
}
