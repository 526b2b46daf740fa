namespace Faas.Storage;

/// <summary>A function and the revision that serves it.</summary>
/// <param name="Function">The function's name.</param>
/// <param name="Revision">The serving revision.</param>
/// <param name="DeployedAt">When that revision began to serve.</param>
public sealed record ServingFunction(string Function, RevisionRecord Revision, DateTimeOffset DeployedAt);
