namespace Faas.Contracts.Invocations;

/// <summary>One run of an asynchronous invocation, or the try of one.</summary>
public sealed record AttemptRecord
{
    /// <summary>1 for the first.</summary>
    public required int Number { get; init; }

    /// <summary>When it was given out to be run.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its end was known; for one that was cut off, when that was noticed.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>
    /// Whether it was cut off: the platform, or a part of it, ended before it knew how the run went. The function may have run, wholly or in part; the next
    /// attempt is then a duplicate. The run is not billed.
    /// </summary>
    public bool IsCut { get; init; }

    /// <summary>How it ended; <see cref="InvocationError.None"/> with a status of 400 and above is the function's own failure.</summary>
    public InvocationError Outcome { get; init; }

    /// <summary>HTTP status of the answer; 0 when there was none.</summary>
    public int Status { get; init; }

    /// <summary>The instance that ran it; null when none did.</summary>
    public string? Instance { get; init; }

    /// <summary>How long it ran; zero when it did not.</summary>
    public TimeSpan Run { get; init; }

    /// <summary>What it cost, in the price table's currency.</summary>
    public decimal Cost { get; init; }

    /// <summary>Why it failed, in a sentence; null when it did not.</summary>
    public string? Detail { get; init; }
}
