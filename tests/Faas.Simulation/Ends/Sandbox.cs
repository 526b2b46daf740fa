using Faas.Gateway.Forwarding;
using Faas.Instances;
using Faas.Simulation.Running;
using Faas.Storage;

namespace Faas.Simulation.Ends;

/// <summary>An instance as it really is, whatever gateway and controller believe, and its worker, which does what PROTOCOL.md says.</summary>
internal sealed class Sandbox(string id, RevisionRecord revision, VirtualTime time)
{
    public string Id { get; } = id;

    public RevisionRecord Revision { get; } = revision;

    public int MemoryMiB => Revision.Spec.MemoryMiB;

    public SandboxState State { get; set; }

    /// <summary>Whether its processes stand still, or are being made to.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>What runs on it.</summary>
    public HashSet<Call> Running { get; } = [];

    /// <summary>What came ahead of its turn, in order.</summary>
    public List<SentCall> HeldBack { get; } = [];

    /// <summary>What runs on it and has a data connection of its own for its answer.</summary>
    public List<SentCall> Moved { get; } = [];

    /// <summary>Shared connections to it.</summary>
    public List<SharedLine> Lines { get; } = [];

    /// <summary>The function begins with a call: the only time it ever does, and beside no more others than its concurrency allows.</summary>
    public void Begin(Call call)
    {
        call.NoteBegun(this);
        Running.Add(call);
        if (Running.Count > Revision.Spec.Concurrency)
        {
            throw new BrokenPromiseException($"{Running.Count} run on {Id}, which has {Revision.Spec.Concurrency} slots");
        }
    }

    /// <summary>A call arrives over a shared connection; a worker that is not <paramref name="isObedient"/> holds nothing back.</summary>
    public void Arrive(SentCall sent, bool isObedient)
    {
        if (IsFrozen)
        {
            throw new BrokenPromiseException($"{Id} gets an invocation while it is frozen");
        }

        if (Running.Count < Revision.Spec.Concurrency || !isObedient)
        {
            Start(sent);
        }
        else if (sent.Mark.IsHeld)
        {
            HeldBack.Add(sent);
        }
        else
        {
            throw new BrokenPromiseException($"{Id} holds back an invocation which the gateway believes to have begun");
        }
    }

    /// <summary>The gateway wants it back.</summary>
    public void Recall(SentCall sent)
    {
        if (HeldBack.Remove(sent))
        {
            sent.Line.Send(sent, SharedOutcome.Refused);
        }
    }

    /// <summary>Nobody waits for its answer. A function hears that only at its timeout.</summary>
    public void Cancel(SentCall sent, bool isTimeout = false)
    {
        Recall(sent);
        if (sent.Script.Moves && Running.Contains(sent.Call))
        {
            End(sent);   // It waits for the connection that it was to move to.
            return;
        }

        if (isTimeout && !sent.Script.NeverEnds)
        {
            time.After(TimeSpan.FromTicks(sent.Script.Runs.Ticks % TimeSpan.TicksPerSecond), () => End(sent));
        }
    }

    /// <summary>The gateway has opened a connection for an answer that is long.</summary>
    public void Take(SentCall sent)
    {
        Moved.Add(sent);
        time.After(sent.Script.Runs, () =>
        {
            if (Moved.Remove(sent) && Running.Remove(sent.Call))
            {
                sent.Line.SendMoved(sent, hasEnded: true);
                BeginNext();
            }
        });
    }

    /// <summary>Its connection is closed.</summary>
    public void Drop(SentCall sent)
    {
        Running.Remove(sent.Call);
        HeldBack.Remove(sent);
    }

    /// <summary>All connections to it are closed.</summary>
    public void DropAll()
    {
        Running.Clear();
        HeldBack.Clear();
        Moved.Clear();
        Lines.Clear();
    }

    private void Start(SentCall sent)
    {
        Begin(sent.Call);
        if (sent.Script.Moves)
        {
            sent.Line.Send(sent, SharedOutcome.Moved);
        }
        else if (sent.Script.Runs <= sent.Timeout)
        {
            time.After(sent.Script.Runs, () => End(sent));
        }
    }

    /// <summary>The End of the one leaves before the next one begins.</summary>
    private void End(SentCall sent)
    {
        if (!Running.Remove(sent.Call))
        {
            return;
        }

        sent.Line.Send(sent, sent.Script.EndsInNonsense ? SharedOutcome.Lost : SharedOutcome.Answered);
        BeginNext();
    }

    private void BeginNext()
    {
        if (HeldBack.Count > 0)
        {
            var next = HeldBack[0];
            HeldBack.RemoveAt(0);
            Start(next);
        }
    }

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
