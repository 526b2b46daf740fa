using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>What came of giving an entry to whoever runs it.</summary>
public sealed record AttemptResult
{
    /// <summary>How far it came.</summary>
    public required AttemptProgress Progress { get; init; }

    /// <summary>How it ended, as far as the platform is concerned.</summary>
    public InvocationError Error { get; init; }

    /// <summary>Status of the answer; 0 when there was none.</summary>
    public int Status { get; init; }

    /// <summary>What went wrong, in a sentence; null when nothing did.</summary>
    public string? Detail { get; init; }

    /// <summary>What it used, priced; null when the platform does not know.</summary>
    public UsageRecord? Usage { get; init; }

    /// <summary>The answer; null when there was none.</summary>
    public StoredAnswer? Answer { get; init; }

    /// <summary>When to try again at the earliest; null when nobody said.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>How far an attempt came.</summary>
public enum AttemptProgress
{
    /// <summary>Nothing began: whoever runs it could not be reached, or had no room.</summary>
    NotStarted,

    /// <summary>It began, and nobody knows how it ended.</summary>
    Cut,

    /// <summary>It ended.</summary>
    Ended,
}
