using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>Under what an entry is claimed.</summary>
/// <param name="Owner">Who runs it, for instance a node's name.</param>
/// <param name="StartedAt">When the attempt begins.</param>
/// <param name="Until">When the claim ends unless it is renewed.</param>
public sealed record Lease(string Owner, DateTimeOffset StartedAt, DateTimeOffset Until);

/// <summary>Names one claim of one entry.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Attempt">The attempt's number, which is the claim's token: each claim of an entry has a higher one.</param>
public readonly record struct ClaimKey(string Id, int Attempt);

/// <summary>An entry that is to be run now.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Body">Its body.</param>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Failures">Attempts before that count as failed.</param>
/// <param name="StartedAt">When the attempt began.</param>
public sealed record Claim(QueueEntry Entry, ReadOnlyMemory<byte> Body, int Attempt, int Failures, DateTimeOffset StartedAt)
{
    /// <summary>Its name.</summary>
    public ClaimKey Key => new(Entry.Id, Attempt);
}

/// <summary>What was claimed.</summary>
/// <param name="Entries">The entries, longest due first.</param>
/// <param name="NextDueAt">When the next one of the lane is due, which may have passed; null when none waits.</param>
public sealed record Claims(IReadOnlyList<Claim> Entries, DateTimeOffset? NextDueAt);

/// <summary>A lane with something in it.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Waiting">Entries that wait.</param>
/// <param name="Running">Entries that are claimed.</param>
/// <param name="NextDueAt">When the first one that waits is due; null when none waits.</param>
public sealed record Backlog(string Lane, long Waiting, long Running, DateTimeOffset? NextDueAt);

/// <summary>How an attempt ended and what comes next.</summary>
public sealed record AttemptEnd
{
    /// <summary>The claim that it ran under.</summary>
    public required ClaimKey Claim { get; init; }

    /// <summary>What is remembered of it; null when it never began and is only put back.</summary>
    public required AttemptRecord? Record { get; init; }

    /// <summary>The entry's state from now on.</summary>
    public required InvocationState Next { get; init; }

    /// <summary>Queued: when it is due. Otherwise: when it is forgotten (dead letters are not).</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Failed attempts including this one.</summary>
    public required int Failures { get; init; }

    /// <summary>Why it is a dead letter, in a sentence; null when it is none.</summary>
    public string? Reason { get; init; }

    /// <summary>The result, to be kept; null for none.</summary>
    public StoredAnswer? Answer { get; init; }

    /// <summary>What the attempt used, priced; null when it is not billed.</summary>
    public UsageRecord? Usage { get; init; }

    /// <summary>Entries that follow from it: deliveries, destinations.</summary>
    public IReadOnlyList<(QueueEntry Entry, ReadOnlyMemory<byte> Body)> Follow { get; init; } = [];
}

/// <summary>A function's answer, as it is kept.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">Headers.</param>
/// <param name="Body">The body; empty when <paramref name="File"/> has it, or nobody does.</param>
/// <param name="Length">Bytes of the body, kept or not.</param>
/// <param name="File">Name of the file that has the body; null when it is here, or was too long to be kept.</param>
public sealed record StoredAnswer(int Status, IReadOnlyList<HeaderField> Headers, ReadOnlyMemory<byte> Body, long Length, string? File)
{
    /// <summary>Whether the body was kept.</summary>
    public bool IsWhole => File is not null || Body.Length == Length;
}

/// <summary>An entry as it stands.</summary>
public sealed record QueuedInvocation
{
    /// <summary>What was accepted.</summary>
    public required QueueEntry Entry { get; init; }

    /// <summary>Where it stands.</summary>
    public required InvocationState State { get; init; }

    /// <summary>Queued: when it is due. Running: when its lease ends. Ended: when it is forgotten.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Attempts that have begun.</summary>
    public required int Attempts { get; init; }

    /// <summary>Those that count as failed.</summary>
    public required int Failures { get; init; }

    /// <summary>When the attempt that runs began; null when none does.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; null when it has not.</summary>
    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>The attempts that have ended, oldest first.</summary>
    public required IReadOnlyList<AttemptRecord> History { get; init; }

    /// <summary>Why it is a dead letter; null when it is none.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes of the body.</summary>
    public required long BodyLength { get; init; }
}
