using Faas.Contracts.Functions;

namespace Faas.Contracts.Api;

/// <summary>One trigger as it stands: <c>GET /v1/triggers</c>. What is counted is counted since the platform's start.</summary>
public sealed record TriggerDescription
{
    /// <summary><c>{function}/{name}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The function that it invokes.</summary>
    public required string Function { get; init; }

    /// <summary>Its name within the function.</summary>
    public required string Name { get; init; }

    /// <summary><c>cron</c>, <c>topic</c>, <c>redis-stream</c>, <c>redis-list</c>, <c>rabbitmq</c>, <c>mqtt</c>, <c>kafka</c> or <c>webhook</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What it listens to: the schedule and its zone, the topic, the queue and its broker, the webhook's scheme and path.</summary>
    public required string Subject { get; init; }

    /// <summary>Where it stands.</summary>
    public TriggerState State { get; init; }

    /// <summary>Why it is failing or backing off; null otherwise.</summary>
    public string? Detail { get; init; }

    /// <summary>When it tries again or goes on; null when it does neither.</summary>
    public DateTimeOffset? AgainAt { get; init; }

    /// <summary>When it fires next; null when nobody knows.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Events that wait at the source; null where nobody knows.</summary>
    public long? Lag { get; init; }

    /// <summary>Events that it has given to the function.</summary>
    public long Events { get; init; }

    /// <summary>Those of them within the last minute.</summary>
    public long EventsLastMinute { get; init; }

    /// <summary>Events that were refused or became dead letters. What topics' and webhooks' events come to is only in the queue.</summary>
    public long Failures { get; init; }

    /// <summary>Firings that were left out: paused, missed, or because their predecessor had not ended.</summary>
    public long Skipped { get; init; }

    /// <summary>The invocation that was its last event; null when there was none.</summary>
    public string? LastEvent { get; init; }

    /// <summary>When that was accepted.</summary>
    public DateTimeOffset? LastEventAt { get; init; }

    /// <summary>What went wrong last, of an event or of the source; null when nothing did.</summary>
    public string? LastError { get; init; }

    /// <summary>When it went wrong.</summary>
    public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>What is known of a trigger from its spec.</summary>
    public static TriggerDescription Of(string function, TriggerSpec spec) => new()
    {
        Id = TriggerNames.IdOf(function, spec),
        Function = function,
        Name = TriggerNames.NameOf(spec),
        Kind = TriggerNames.KindOf(spec),
        Subject = TriggerNames.SubjectOf(function, spec),
    };
}

/// <summary>Where a trigger stands.</summary>
public enum TriggerState
{
    /// <summary>Its source is about to work.</summary>
    Starting,

    /// <summary>It works.</summary>
    Running,

    /// <summary>Its source does not work, and is tried again.</summary>
    Failing,

    /// <summary>Its function keeps failing, or has no room for more; its events wait at the source meanwhile.</summary>
    BackingOff,

    /// <summary>Its user has paused it.</summary>
    Paused,
}

/// <summary>What came of firing a trigger: <c>POST /v1/triggers/{function}/{name}/fire</c>.</summary>
/// <param name="Invocation">The id of the invocation.</param>
public sealed record TriggerFiring(string Invocation);
