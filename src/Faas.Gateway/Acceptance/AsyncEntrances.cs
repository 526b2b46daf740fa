namespace Faas.Gateway.Acceptance;

/// <summary>Where asynchronous invocations enter: from callers, and back from the queue.</summary>
/// <param name="Accepts">From callers.</param>
/// <param name="Webhooks">From callers who sign.</param>
/// <param name="Attempts">From the queue.</param>
internal sealed record AsyncEntrances(AcceptEntrance Accepts, WebhookEntrance Webhooks, AttemptEntrance Attempts);
