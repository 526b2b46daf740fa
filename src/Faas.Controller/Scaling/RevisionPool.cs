using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>The instances of one revision. A passive record of state, guarded by the fleet's lock.</summary>
internal sealed class RevisionPool(RevisionRecord revision, string codeFolder, FunctionActivity activity)
{
    /// <summary>First pause after a failed activation that nobody waits for; doubles up to <see cref="BackoffMax"/>.</summary>
    private static readonly TimeSpan BackoffMin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan BackoffMax = TimeSpan.FromMinutes(1);

    private int _failures;

    public RevisionRecord Revision { get; } = revision;

    public FunctionSpec Spec => Revision.Spec;

    public string CodeFolder { get; } = codeFolder;

    /// <summary>What is known of the function's callers; outlives the revision.</summary>
    public FunctionActivity Activity { get; } = activity;

    public Dictionary<string, PooledInstance> Instances { get; } = [];

    /// <summary>Activations under way.</summary>
    public int Starting { get; set; }

    /// <summary>Instances that are being stopped: no instances any more, but their memory is still in use.</summary>
    public int Stopping { get; set; }

    /// <summary>The revision no longer serves; what is left of it drains.</summary>
    public bool IsRetired { get; set; }

    /// <summary>The line as last reported.</summary>
    public LineLoad Load { get; set; }

    /// <summary>What its load has been lately.</summary>
    public LineTrend Trend { get; } = new();

    /// <summary>Its warm windows.</summary>
    public WarmCalendar Warm { get; } = new(revision.Spec.Warm);

    /// <summary>The cores since its last growth.</summary>
    public CpuWindow Window { get; } = new();

    /// <summary>What its instances do with the cores.</summary>
    public CpuUse Cpu { get; } = new();

    /// <summary>When an instance was last started or thawed.</summary>
    public DateTimeOffset GrewAt { get; set; }

    /// <summary>What its activations take.</summary>
    public ActivationTimes Activations { get; } = new();

    /// <summary>Since when it has wanted memory that the machine does not have; null when it does not.</summary>
    public DateTimeOffset? StarvedSince { get; set; }

    /// <summary>What the scaler did, and why.</summary>
    public DecisionLog Decisions { get; } = new();

    public InvocationError LastError { get; private set; }

    /// <summary>Why the last activation failed; null when it succeeded.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>No activation to keep the minimum before this time.</summary>
    public DateTimeOffset NotBefore { get; private set; }

    /// <summary>Whether one more instance may start without there being more than maxInstances.</summary>
    public bool HasRoom => Count.All < Spec.MaxInstances;

    /// <summary>Its instances as decisions see them.</summary>
    public PoolCount Count
    {
        get
        {
            int awake = 0, frozen = 0, thawing = 0, leaving = 0;
            foreach (var instance in Instances.Values)
            {
                if (instance.Draining is null)
                {
                    _ = instance.Freeze switch
                    {
                        FreezeState.Freezing or FreezeState.Frozen => frozen++,
                        FreezeState.Thawing => thawing++,
                        _ => awake++,
                    };
                }
                else if (instance.Draining != DrainReason.Retired)
                {
                    leaving++;
                }
            }

            return new PoolCount(awake, frozen, Starting + thawing) { Leaving = leaving };
        }
    }

    /// <summary>Memory that its instances may use, from the first moment of their start to the last of their end, in MiB.</summary>
    public long HeldMiB => (long)(Instances.Count + Starting + Stopping) * Spec.MemoryMiB;

    public bool IsEmpty => Instances.Count == 0 && Starting == 0 && Stopping == 0;

    /// <summary>The word users see.</summary>
    public string State
    {
        get
        {
            var count = Count;
            return count.Awake > 0 ? "ready"
                : count.Coming > 0 ? "starting"
                : LastFailure is not null ? "failing"
                : count.Frozen > 0 ? "frozen"
                : "idle";
        }
    }

    public void Succeeded(ActivationTime time)
    {
        _failures = 0;
        LastFailure = null;
        LastError = InvocationError.None;
        Activations.Add(time);
    }

    public void Failed(InvocationError error, string detail, DateTimeOffset now)
    {
        LastError = error;
        LastFailure = detail;
        NotBefore = now + TimeSpan.FromTicks(Math.Min(BackoffMax.Ticks, BackoffMin.Ticks << Math.Min(_failures++, 10)));
    }
}
