namespace Faas.Storage;

/// <summary>What is kept of a trigger.</summary>
/// <param name="Key">Which one it is.</param>
/// <param name="IsPaused">Whether its user has paused it.</param>
/// <param name="State">How far its source has come, JSON in the source's own shape; null when it has kept nothing.</param>
/// <param name="UpdatedAt">When it was written last.</param>
public sealed record StoredTrigger(TriggerKey Key, bool IsPaused, string? State, DateTimeOffset UpdatedAt);
