using Faas.Contracts.Functions;

namespace Faas.Cli.Manifest;

/// <summary>One function of a manifest: its spec, still without a code digest, and where its code is.</summary>
/// <param name="Spec">What was written, defaults filled in.</param>
/// <param name="Source">The folder or file, absolute; null when the function is only an image.</param>
internal sealed record ManifestFunction(FunctionSpec Spec, string? Source)
{
    /// <summary>What <c>example</c> says when it says nothing.</summary>
    private const string PlainCall = "curl {url}";

    /// <summary>A command that calls it: <c>{url}</c> is its address, <c>{events}</c> the one that takes raw events. The platform does not see it; <c>faas up</c> prints it.</summary>
    public string Example { get; init; } = PlainCall;

    /// <summary>The command that calls a function at <paramref name="url"/>, by its own example if it has one.</summary>
    public static string CallOf(ManifestFunction? function, string name, Uri url) => (function?.Example ?? PlainCall)
        .Replace("{url}", url.ToString(), StringComparison.Ordinal)
        .Replace("{events}", new Uri(url, $"/v1/functions/{name}/invocations").ToString(), StringComparison.Ordinal);

    public string Name => Spec.Name;
}
