namespace Faas.EndToEnd.Tests.Running;

/// <summary>How a platform is started.</summary>
internal sealed record PlatformOptions
{
    /// <summary><c>docker</c> or <c>process</c>.</summary>
    public required string Sandbox { get; init; }

    /// <summary>What <c>up</c> deploys: a folder or a file; null for one hello function.</summary>
    public string? Manifest { get; init; }

    /// <summary>Data folder; null for a new one that is deleted in the end.</summary>
    public string? Data { get; init; }

    /// <summary>Further arguments of <c>up</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Further environment variables of <c>up</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
