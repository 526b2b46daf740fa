using Faas.Contracts.Invocations;

namespace Faas.Storage;

/// <summary>An asynchronous invocation as it is accepted; never changed afterwards.</summary>
public sealed record QueueEntry
{
    /// <summary>The invocation's id, unique among all entries that are kept: 1 to 128 visible ASCII characters.</summary>
    public required string Id { get; init; }

    /// <summary>What entries wait for each other in: the function's name, or that of its deliveries.</summary>
    public required string Lane { get; init; }

    /// <summary>The function that it is for, or, for a delivery, from.</summary>
    public required string Function { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it may run first; <see cref="AcceptedAt"/> unless it is delayed.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Tells a repeated acceptance of the same event from another event with the same id.</summary>
    public required string Nonce { get; init; }

    /// <summary>What the function is given.</summary>
    public required InvocationRequest Request { get; init; }

    /// <summary>Whether its caller waits for its result: then it is run once, and a failure is the caller's and no dead letter.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>Where the end is told besides the function's own destinations; null for nowhere.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>An http or https address that the body is sent to instead of to a function; null for an invocation.</summary>
    public string? DeliverTo { get; init; }

    /// <summary>Whether <see cref="DeliverTo"/> is an address that a caller gave, and not one that the function's own manifest names.</summary>
    public bool IsCallersAddress { get; init; }

    /// <summary>Requests of the same lane with the same key are one event; null for none.</summary>
    public IdempotencyKey? Key { get; init; }

    /// <summary>The event whose end this one tells; null for none.</summary>
    public string? Cause { get; init; }

    /// <summary>How many events led to this one: 0 for one that came from outside.</summary>
    public int Depth { get; init; }
}

/// <summary>Makes several requests one event.</summary>
/// <param name="Key">The caller's key, 1 to 255 visible ASCII characters.</param>
/// <param name="Fingerprint">Hash of the request: the same key with another request is the caller's mistake.</param>
/// <param name="ExpiresAt">When the key may be used for another event.</param>
public sealed record IdempotencyKey(string Key, string Fingerprint, DateTimeOffset ExpiresAt);

/// <summary>What came of an acceptance.</summary>
/// <param name="Outcome">What it is.</param>
/// <param name="Id">The event's id: the earlier one's where there is one.</param>
public readonly record struct Acceptance(AcceptanceOutcome Outcome, string Id);

/// <summary>Whether an event was accepted.</summary>
public enum AcceptanceOutcome
{
    /// <summary>It is queued.</summary>
    Accepted,

    /// <summary>Its idempotency key has an event already, which it is taken for.</summary>
    SameKey,

    /// <summary>Its idempotency key has an event already, with another request.</summary>
    KeyReused,

    /// <summary>Another event has its id.</summary>
    IdTaken,
}
