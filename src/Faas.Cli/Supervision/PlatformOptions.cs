using Faas.Contracts.Hosting;

namespace Faas.Cli.Supervision;

/// <summary>What <c>faas up</c> was asked for.</summary>
/// <param name="Data">The data folder.</param>
/// <param name="Listen">Where callers invoke functions.</param>
/// <param name="Admin">Where the management API listens.</param>
/// <param name="Sandbox"><c>auto</c>, <c>docker</c> or <c>process</c>.</param>
/// <param name="Stems">Stems a runtime; null for the controller's default.</param>
internal sealed record PlatformOptions(DataFolder Data, Uri Listen, Uri Admin, string Sandbox, int? Stems)
{
    /// <summary>Memory of all instances together in MiB; null for the controller's default.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Where accepted events are, <c>sqlite</c> or <c>redis</c>; null for the controller's default.</summary>
    public string? Store { get; init; }

    /// <summary>Where Redis is; null for the controller's default.</summary>
    public string? Redis { get; init; }
}
