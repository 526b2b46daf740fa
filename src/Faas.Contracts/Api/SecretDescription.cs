namespace Faas.Contracts.Api;

/// <summary>One secret as anybody may see it: <c>GET /v1/secrets</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UpdatedAt">When it was set last.</param>
/// <param name="Problem">Why it cannot be read, with what to do; null when nothing speaks against it.</param>
public sealed record SecretDescription(string Name, DateTimeOffset UpdatedAt, string? Problem);
