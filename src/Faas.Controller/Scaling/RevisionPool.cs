using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>The instances of one revision. A passive record of state, guarded by the fleet's lock.</summary>
internal sealed class RevisionPool(RevisionRecord revision, string codeFolder)
{
    /// <summary>First pause after a failed activation that nobody waits for; doubles up to <see cref="BackoffMax"/>.</summary>
    private static readonly TimeSpan BackoffMin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan BackoffMax = TimeSpan.FromMinutes(1);

    public RevisionRecord Revision { get; } = revision;

    public FunctionSpec Spec => Revision.Spec;

    public string CodeFolder { get; } = codeFolder;

    public Dictionary<string, PooledInstance> Instances { get; } = [];

    /// <summary>Activations under way.</summary>
    public int Starting { get; set; }

    /// <summary>The revision no longer serves; what is left of it drains.</summary>
    public bool IsRetired { get; set; }

    public LineLoad Load { get; set; }

    public InvocationError LastError { get; private set; }

    /// <summary>Why the last activation failed; null when it succeeded.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>No activation to keep the minimum before this time.</summary>
    public DateTimeOffset NotBefore { get; private set; }

    private int _failures;

    /// <summary>Instances that take invocations.</summary>
    public int Ready
    {
        get
        {
            var ready = 0;
            foreach (var instance in Instances.Values)
            {
                ready += instance.Draining is null ? 1 : 0;
            }

            return ready;
        }
    }

    public bool IsEmpty => Instances.Count == 0 && Starting == 0;

    /// <summary>The word users see.</summary>
    public string State => Ready > 0 ? "ready" : Starting > 0 ? "starting" : LastFailure is not null ? "failing" : "idle";

    public void Succeeded()
    {
        _failures = 0;
        LastFailure = null;
        LastError = InvocationError.None;
    }

    public void Failed(InvocationError error, string detail, DateTimeOffset now)
    {
        LastError = error;
        LastFailure = detail;
        NotBefore = now + TimeSpan.FromTicks(Math.Min(BackoffMax.Ticks, BackoffMin.Ticks << Math.Min(_failures++, 10)));
    }
}
