using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>How one kind of sender signs, and what its requests say. Stateless.</summary>
internal interface IWebhookScheme
{
    /// <summary>Why <paramref name="secret"/> cannot be a secret of this scheme (<c>must be ...</c>); null when it can. Says nothing of the secret.</summary>
    string? ProblemOf(string secret) => null;

    /// <summary>Why the request counts as not signed with any of <paramref name="secrets"/>; null when it is signed. Takes as long for a signature that is almost right as for any other.</summary>
    SignatureFault? Check(WebhookSpec spec, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now);

    /// <summary>The request as the function is to see it, without what only wraps it.</summary>
    WebhookRequest Unwrap(WebhookRequest request) => request;

    /// <summary>What a signed request says of itself.</summary>
    /// <param name="spec">The webhook.</param>
    /// <param name="request">The request, unwrapped.</param>
    /// <param name="body">Its body; null when it is not JSON.</param>
    WebhookDelivery Read(WebhookSpec spec, WebhookRequest request, JsonElement? body);
}

/// <summary>What a request says of itself; what it does not say is null.</summary>
internal sealed record WebhookDelivery
{
    /// <summary>The sender's name for the delivery, the same when it sends it again.</summary>
    public string? Id { get; init; }

    /// <summary>Whether <see cref="Id"/> is from the body, so that no other body can honestly have it.</summary>
    public bool IsIdInBody { get; init; }

    /// <summary>The event's type.</summary>
    public string? Type { get; init; }

    /// <summary>Where it comes from.</summary>
    public string? Source { get; init; }

    /// <summary>What it is about.</summary>
    public string? Subject { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset? Time { get; init; }
}
