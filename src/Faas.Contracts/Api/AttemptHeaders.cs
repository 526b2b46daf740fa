namespace Faas.Contracts.Api;

/// <summary>Headers of the platform about asynchronous invocations and their attempts.</summary>
public static class AttemptHeaders
{
    /// <summary>Request: <c>async</c> has the invocation queued.</summary>
    public const string Invocation = "X-Faas-Invocation";

    /// <summary>The value of <see cref="Invocation"/> that queues.</summary>
    public const string Asynchronous = "async";

    /// <summary>Request: how long an asynchronous invocation waits first, as <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>500ms</c> or a number of seconds.</summary>
    public const string Delay = "X-Faas-Delay";

    /// <summary>Request: where the result is sent.</summary>
    public const string Callback = "X-Callback-Url";

    /// <summary>Request: several requests with the same value are one event (IETF draft-ietf-httpapi-idempotency-key-header).</summary>
    public const string Key = "Idempotency-Key";

    /// <summary>Answer: <c>true</c> when it is an earlier request's with the same key.</summary>
    public const string Replayed = "Idempotency-Replayed";

    /// <summary>To the function: the attempt's number, 1 for the first.</summary>
    public const string Attempt = "X-Faas-Attempt";

    /// <summary>Internal: the method that the function sees.</summary>
    public const string Method = "X-Faas-Method";

    /// <summary>Internal: <see cref="EventKind"/> when the body is a raw event.</summary>
    public const string Kind = "X-Faas-Kind";

    /// <summary>The value of <see cref="Kind"/> for raw events.</summary>
    public const string EventKind = "event";

    /// <summary>Internal: where the usage record is.</summary>
    public const string Usage = "X-Faas-Usage";

    /// <summary>The value of <see cref="Usage"/> that says that record and length follow the body.</summary>
    public const string UsageBehindBody = "behind-body";

    /// <summary>Internal: the answer's status where HTTP allows no body with it.</summary>
    public const string Status = "X-Faas-Status";
}
