namespace Faas.Instances;

/// <summary>The sandbox in use.</summary>
/// <param name="Name"><c>docker</c> or <c>process</c>.</param>
/// <param name="Isolation">Sentences about what it isolates and what it does not.</param>
/// <param name="IsIsolated">False when functions run without isolation from the host and from each other.</param>
public sealed record SandboxReport(string Name, string Isolation, bool IsIsolated);

/// <summary>One runtime on this machine.</summary>
/// <param name="Name">Its name in manifests.</param>
/// <param name="IsAvailable">Whether functions can use it.</param>
/// <param name="Version">Its version; null when missing or unknown.</param>
/// <param name="Hint">How to get it when missing; else where it comes from.</param>
public sealed record RuntimeReport(string Name, bool IsAvailable, string? Version, string Hint);
