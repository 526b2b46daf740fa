using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>A deployed trigger: what it is, whether it is paused, how far its source has come, and how it does.</summary>
internal sealed class Trigger(TriggerKey key, TriggerSpec spec, ITriggerKind kind, TriggerStatus status)
{
    private volatile bool _isPaused;
    private volatile string? _state;

    /// <summary>Which one it is.</summary>
    public TriggerKey Key { get; } = key;

    /// <summary>What the user wrote. Another spec is another object, which takes over <see cref="Status"/> and <see cref="State"/>.</summary>
    public TriggerSpec Spec { get; } = spec;

    /// <summary>Its kind.</summary>
    public ITriggerKind Kind { get; } = kind;

    /// <summary>How it does.</summary>
    public TriggerStatus Status { get; } = status;

    /// <summary>How its function does, as far as it makes sources wait.</summary>
    public FailureStreak Streak { get; } = new();

    /// <summary>As the store has it. Changed by who has the <see cref="TriggerTable.Turn"/>.</summary>
    public bool IsPaused { get => _isPaused; set => _isPaused = value; }

    /// <summary>As the store has it; null for none. Changed by the run, and while there is none by who has the turn.</summary>
    public string? State { get => _state; set => _state = value; }

    /// <summary>Its run; null when there is none. Changed by who has the turn.</summary>
    public TriggerRun? Run { get; set; }
}
