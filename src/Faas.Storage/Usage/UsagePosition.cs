namespace Faas.Storage;

/// <summary>Where a batch of usage records lies in a gateway's journal; what makes its ingestion exactly-once.</summary>
/// <param name="Boot">The gateway's boot id.</param>
/// <param name="Segment">The journal segment.</param>
/// <param name="From">Offset of the first record.</param>
/// <param name="To">Offset after the last record.</param>
public sealed record UsagePosition(string Boot, long Segment, long From, long To);
