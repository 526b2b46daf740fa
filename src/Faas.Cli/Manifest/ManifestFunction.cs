using Faas.Contracts.Functions;

namespace Faas.Cli.Manifest;

/// <summary>One function of a manifest: its spec, still without a code digest, and where its code is.</summary>
/// <param name="Spec">What was written, defaults filled in.</param>
/// <param name="Source">The folder or file, absolute; null when the function is only an image.</param>
internal sealed record ManifestFunction(FunctionSpec Spec, string? Source)
{
    public string Name => Spec.Name;
}
