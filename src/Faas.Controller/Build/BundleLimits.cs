namespace Faas.Controller.Build;

/// <summary>How much a bundle may hold. The defaults are the platform's promise to its users.</summary>
public sealed record BundleLimits
{
    /// <summary>Bytes of the .tar.gz. Default 50 MB: AWS Lambda's limit for a direct upload.</summary>
    public long PackedBytesMax { get; init; } = 50_000_000;

    /// <summary>Bytes of all files together, counted as they are written. Default 250 MB, Lambda's limit as well.</summary>
    public long UnpackedBytesMax { get; init; } = 250_000_000;

    /// <summary>Files, folders and links, folders that are only implied included. Default 20,000: a large node_modules has about 10,000.</summary>
    public int EntriesMax { get; init; } = 20_000;

    /// <summary>Bytes of an entry's path. Default 1,024, so that it stays below PATH_MAX wherever it is mounted.</summary>
    public int PathBytesMax { get; init; } = 1024;
}
