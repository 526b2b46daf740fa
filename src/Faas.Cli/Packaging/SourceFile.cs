namespace Faas.Cli.Packaging;

/// <summary>One entry of a bundle.</summary>
/// <param name="Path">Its path in the bundle: relative, with slashes.</param>
/// <param name="FullPath">Where it is on disk.</param>
/// <param name="Length">Bytes; 0 for links.</param>
/// <param name="IsExecutable">Whether its owner may execute it; the only bit of its mode that is kept.</param>
/// <param name="LinkTarget">Where a symbolic link points, as written; null for a file.</param>
internal sealed record SourceFile(string Path, string FullPath, long Length, bool IsExecutable, string? LinkTarget);
