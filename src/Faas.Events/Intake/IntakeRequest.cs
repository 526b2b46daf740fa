using Faas.Contracts.Invocations;

namespace Faas.Events;

/// <summary>An event that somebody wants to have accepted.</summary>
public sealed record IntakeRequest
{
    /// <summary>The function.</summary>
    public required string Function { get; init; }

    /// <summary>The event's id.</summary>
    public required string Id { get; init; }

    /// <summary>Tells a repeated request from another one with the same id.</summary>
    public required string Nonce { get; init; }

    /// <summary>What the function is given.</summary>
    public required InvocationRequest Request { get; init; }

    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>How long it is to wait first.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The caller's idempotency key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the key stands for the body as well: then a body that is written otherwise is no other request.</summary>
    public bool KeyCoversBody { get; init; }

    /// <summary>Where its end is told; null for nowhere.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>Whether its caller waits for its end.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>Whether it may have been accepted before, by a request whose answer was lost.</summary>
    public bool IsRepeated { get; init; }
}

/// <summary>What came of it.</summary>
public sealed record IntakeReply
{
    /// <summary>Why it was refused; null when it was accepted.</summary>
    public IntakeRefusal? Refusal { get; init; }

    /// <summary>The event's id: that of the earlier one with the same key, if there is one.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is an earlier event with the same key.</summary>
    public bool IsReplay { get; init; }

    /// <summary>The result of an awaited event.</summary>
    public StoredAnswerBody? Answer { get; init; }
}

/// <summary>A refusal.</summary>
/// <param name="Error">Its kind, as in a problem document: <c>NotFound</c>, <c>QueueFull</c>, <c>Conflict</c>, ...</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What happened and what to do.</param>
/// <param name="RetryAfterSeconds">When to try again; 0 when it makes no sense.</param>
public sealed record IntakeRefusal(string Error, int Status, string Detail, int RetryAfterSeconds = 0);

/// <summary>An answer with its whole body.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">Headers.</param>
/// <param name="Body">The body.</param>
public sealed record StoredAnswerBody(int Status, IReadOnlyList<HeaderField> Headers, ReadOnlyMemory<byte> Body);
