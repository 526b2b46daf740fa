namespace Faas.Events.Kafka;

/// <summary>
/// How far one partition is done with: up to the first message that has not ended, whatever has ended behind it. Offsets may have gaps, as compaction and transactions leave them. Not thread-safe.
/// </summary>
internal sealed class OffsetTracker
{
    private readonly Queue<TrackedMessage> _open = new();   // from the first that has not ended on
    private long? _next;                                    // the offset behind the last that began

    /// <summary>The offset that can be committed: everything before it has ended, or is no message. Null as long as nothing is known.</summary>
    public long? Position => _open.TryPeek(out var first) ? first.Offset : _next;

    /// <summary>A message begins. Each has a greater offset than the one before it, unless the log was made anew: then what was before does not count any more.</summary>
    public TrackedMessage Begin(long offset)
    {
        Reach(offset);
        var message = new TrackedMessage(offset);
        _open.Enqueue(message);
        _next = offset + 1;
        return message;
    }

    /// <summary>A message has ended, in whatever order.</summary>
    public void End(TrackedMessage message)
    {
        message.HasEnded = true;
        while (_open.TryPeek(out var first) && first.HasEnded)
        {
            _open.Dequeue();
        }
    }

    /// <summary>The reader has come to this offset: there is no message before it that has not begun.</summary>
    public void Reach(long offset)
    {
        if (offset < _next)
        {
            _open.Clear();
        }

        _next = offset;
    }
}

/// <summary>A message that has begun.</summary>
/// <param name="offset">Its offset.</param>
internal sealed class TrackedMessage(long offset)
{
    /// <summary>Its offset.</summary>
    public long Offset { get; } = offset;

    /// <summary>Whether it has ended; set by the tracker.</summary>
    public bool HasEnded { get; set; }
}
