namespace Faas.Storage;

/// <summary>What is known of a secret without opening it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UpdatedAt">When it was set last.</param>
/// <param name="Problem">Why it cannot be opened, with what to do; null when nothing speaks against it.</param>
public sealed record StoredSecret(string Name, DateTimeOffset UpdatedAt, string? Problem);
