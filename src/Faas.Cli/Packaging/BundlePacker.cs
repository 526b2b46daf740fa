using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Faas.Cli.Packaging;

/// <summary>
/// Packs files into a gzipped tar that depends on nothing but their names, contents and executable bits, so that unchanged code has an
/// unchanged digest and is neither uploaded nor deployed again.
/// </summary>
internal static class BundlePacker
{
    /// <summary>1980-01-01: the earliest time that every archive format and file system can express.</summary>
    private static readonly DateTimeOffset FixedTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const UnixFileMode FileMode644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode ExecuteBits = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Packs <paramref name="files"/> into <paramref name="target"/>, which it overwrites.</summary>
    public static async Task<Bundle> PackAsync(IReadOnlyList<SourceFile> files, string target, BundleLimits limits, CancellationToken cancellationToken)
    {
        limits.CheckUnpacked(files);
        await using (var output = new FileStream(target, FileMode.Create, FileAccess.Write))
        await using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        await using (var tar = new TarWriter(gzip, TarEntryFormat.Gnu))
        {
            foreach (var file in files)
            {
                await WriteAsync(tar, file, cancellationToken);
            }
        }

        await using var packed = File.OpenRead(target);
        limits.CheckPacked(packed.Length, files);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(packed, cancellationToken));
        return new Bundle(target, digest, packed.Length, files.Count);
    }

    private static async Task WriteAsync(TarWriter tar, SourceFile file, CancellationToken cancellationToken)
    {
        // GNU entries, because .NET's pax headers carry the id of the process that wrote them.
        if (file.LinkTarget is { } target)
        {
            await tar.WriteEntryAsync(new GnuTarEntry(TarEntryType.SymbolicLink, file.Path) { LinkName = target, ModificationTime = FixedTime, Mode = FileMode644 | ExecuteBits }, cancellationToken);
            return;
        }

        await using var content = File.OpenRead(file.FullPath);
        var entry = new GnuTarEntry(TarEntryType.RegularFile, file.Path)
        {
            ModificationTime = FixedTime,
            Mode = file.IsExecutable ? FileMode644 | ExecuteBits : FileMode644,
            DataStream = content,
        };
        await tar.WriteEntryAsync(entry, cancellationToken);
    }
}
