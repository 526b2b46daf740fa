namespace Faas.Cli.Packaging;

/// <summary>A packed function, ready for upload.</summary>
/// <param name="Path">The gzipped tar.</param>
/// <param name="Digest">Its SHA-256, lower-case hex.</param>
/// <param name="PackedBytes">Its size.</param>
/// <param name="FileCount">How many entries it has.</param>
internal sealed record Bundle(string Path, string Digest, long PackedBytes, int FileCount);
