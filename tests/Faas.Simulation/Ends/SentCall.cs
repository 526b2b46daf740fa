using Faas.Gateway.Forwarding;

namespace Faas.Simulation.Ends;

/// <summary>A call on a shared line, as the gateway's SharedExchange and LiveInvocation are together: what was sent, what it has come to, and when its turn was.</summary>
internal sealed class SentCall(SharedLine line, Call call, CallScript script, uint stream, TimeSpan timeout)
{
    private readonly TaskCompletionSource<SharedOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _movedEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SharedLine Line => line;

    public Call Call => call;

    public CallScript Script => script;

    /// <summary>Its number.</summary>
    public uint Stream => stream;

    /// <summary>What the function may take.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>What the gateway's RunOrder knows it by. That reads nothing but its marks, so it gets neither connection nor invocation.</summary>
    public SharedExchange Mark { get; } = new(null!, null!, stream);

    /// <summary>When its turn began, as the gateway sees it; null while it is held back.</summary>
    public TimeSpan? StartedAt { get; set; }

    /// <summary>Whether it was sent before its turn.</summary>
    public bool WasAhead { get; set; }

    /// <summary>When the gateway saw its end.</summary>
    public TimeSpan? EndedAt { get; set; }

    /// <summary>Whether its outcome is decided, so that only its end is waited for.</summary>
    public bool IsDecided => _outcome.Task.IsCompleted;

    /// <summary>Completes with the outcome.</summary>
    public Task<SharedOutcome> Outcome => _outcome.Task;

    /// <summary>Completes when nobody waits for its end any more: its slot may be given back. Only after an outcome that leaves it running.</summary>
    public Task Freed => _freed.Task;

    /// <summary>False when it has its outcome already.</summary>
    public bool TryEnd(SharedOutcome outcome) => _outcome.TrySetResult(outcome);

    /// <summary>After it was moved: completes with true at its End, with false when its data connection broke.</summary>
    public Task<bool> MovedEnd => _movedEnd.Task;

    public void EndMoved(bool hasEnded) => _movedEnd.TrySetResult(hasEnded);

    public void Free() => _freed.TrySetResult();

    /// <summary>How long it ran, in ms; null when it never did.</summary>
    public double? RunMs(TimeSpan now) => StartedAt is { } at ? ((EndedAt ?? now) - at).TotalMilliseconds : null;
}
