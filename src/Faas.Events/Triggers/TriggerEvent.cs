namespace Faas.Events.Triggers;

/// <summary>An event that a source has for its function.</summary>
/// <param name="Json">A CloudEvent in structured mode (<see cref="CloudEventText"/>), or several.</param>
internal sealed record TriggerEvent(ReadOnlyMemory<byte> Json)
{
    /// <summary>
    /// The invocation's id, 1 to 128 visible ASCII characters without a slash, if the source can name it such that the same event has the same id whenever it is given:
    /// then it is accepted once. Null for an id of its own.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The CloudEvent's own id; null when there are several.</summary>
    public string? EventId { get; init; }

    /// <summary>The <c>traceparent</c> that it came with; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Its media type.</summary>
    public string ContentType { get; init; } = CloudEventText.MediaType;
}
