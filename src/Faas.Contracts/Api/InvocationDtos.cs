using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>One invocation as it stands: <c>GET /v1/invocations/{id}</c>. Of a synchronous one, which the caller has the answer of, only its usage is known.</summary>
public sealed record InvocationDescription
{
    /// <summary>The id that callers see as <c>X-Call-Id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The function; of a delivery the one whose result it tells.</summary>
    public required string Function { get; init; }

    /// <summary>Where it stands.</summary>
    public required InvocationState State { get; init; }

    /// <summary>Whether it went through the queue.</summary>
    public required bool IsQueued { get; init; }

    /// <summary>When it was accepted, or received.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it is due; null when it does not wait.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When the attempt that runs began; null when none does.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; null when it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Attempts that have begun, and how many of them count as failed.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that count as failed.</summary>
    public int Failures { get; init; }

    /// <summary>The attempts that have ended, oldest first.</summary>
    public IReadOnlyList<AttemptRecord> History { get; set; } = [];

    /// <summary>Why it is a dead letter; null when it is none.</summary>
    public string? Reason { get; init; }

    /// <summary>What the function was given, without the body; null for a synchronous one.</summary>
    public InvocationRequest? Request { get; init; }

    /// <summary>Bytes of the request's body; 0 once it is not needed any more.</summary>
    public long BodyBytes { get; init; }

    /// <summary>Its result; null when there is none, or none is kept.</summary>
    public ResultSummary? Result { get; init; }

    /// <summary>The address that it is delivered to; null for an invocation.</summary>
    public string? DeliverTo { get; init; }

    /// <summary>The event whose end it tells; null for none.</summary>
    public string? Cause { get; init; }

    /// <summary>What its attempts cost together.</summary>
    public decimal Cost { get; init; }
}

/// <summary>A result without its body, which <c>GET /v1/invocations/{id}/result</c> gives.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Media type; null when it has none.</param>
/// <param name="Bytes">Bytes of the body.</param>
/// <param name="IsKept">Whether the body is kept; else it was too long.</param>
/// <param name="Text">The body, if it is text of at most 16 KiB; null otherwise.</param>
public sealed record ResultSummary(int Status, string? ContentType, long Bytes, bool IsKept, string? Text);

/// <summary>What waits for one function: <c>GET /v1/queue</c>.</summary>
/// <param name="Function">The function.</param>
/// <param name="Waiting">Events that wait.</param>
/// <param name="Running">Events that run.</param>
/// <param name="Deliveries">Results that wait to be sent to addresses.</param>
/// <param name="DeadLetters">Dead letters.</param>
/// <param name="NextDueAt">When the first one that waits is due; null when none does.</param>
public sealed record QueueSummary(string Function, long Waiting, long Running, long Deliveries, long DeadLetters, DateTimeOffset? NextDueAt);

/// <summary>What came of something done to several events.</summary>
/// <param name="Count">How many it was done to.</param>
public sealed record EventCount(int Count);

/// <summary>What came of publishing: <c>POST /v1/topics/{topic}</c>.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="Invocations">The invocations that it became, one for each subscriber.</param>
public sealed record PublishResult(string Id, IReadOnlyList<string> Invocations);

/// <summary>The answer to an asynchronous invocation once it is durable: status 202.</summary>
/// <param name="InvocationId">Its id; that of the earlier one when the request repeats an idempotency key.</param>
/// <param name="Status">Where it can be asked for: a path of the management API.</param>
public sealed record AcceptedInvocation(string InvocationId, string Status);
