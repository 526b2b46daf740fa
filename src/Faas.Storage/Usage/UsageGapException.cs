namespace Faas.Storage;

/// <summary>A batch begins elsewhere than where its segment's ingested part ends. Nothing of it was stored; send again from <see cref="Stored"/>.</summary>
public sealed class UsageGapException(UsagePosition position, long stored) : Exception(
    $"Usage of gateway {position.Boot}, segment {position.Segment} is stored up to {stored}, but a batch covers {position.From} to {position.To}; send again from {stored}.")
{
    /// <summary>Everything of the segment before this offset is stored.</summary>
    public long Stored { get; } = stored;
}
