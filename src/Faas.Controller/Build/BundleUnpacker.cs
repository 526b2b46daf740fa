using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Faas.Controller.Build;

/// <summary>
/// Unpacks a .tar.gz from a stranger. Everything is refused that could write or point outside the folder, that is no file,
/// folder or link, or that exceeds <see cref="BundleLimits"/>; the entry's name is in the message. Modes become 0644, or 0755 for
/// programs and folders. When it throws, the folder holds a part; the caller throws it away.
/// </summary>
public sealed class BundleUnpacker(BundleLimits limits)
{
    /// <summary>Headers of one entry, extended ones included, which the reader keeps in memory.</summary>
    private const long HeaderBytesMax = 1024 * 1024;

    /// <summary>What a tar file has beside its files: headers of 512 to 1,536 bytes and padding for each entry, and its end.</summary>
    private const long OverheadPerEntry = 2048;

    /// <summary>Unpacks <paramref name="packed"/> into the existing, empty <paramref name="folder"/>.</summary>
    /// <exception cref="BuildException">The bundle is refused.</exception>
    public void Unpack(Stream packed, string expectedDigest, string folder, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var input = new MeteredStream(packed, hash);
        input.Limit(limits.PackedBytesMax, () => new BuildException(BuildErrors.BundleTooLarge,
            $"The bundle is larger than {limits.PackedBytesMax:N0} bytes; leave out what the function does not need."));
        try
        {
            ReadArchive(input, folder, ct);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            CheckDigest(input, hash, expectedDigest);   // damaged here or damaged by its sender: a difference worth telling
            throw new BuildException(BuildErrors.InvalidBundle, $"The bundle is not a whole tar.gz file: {exception.Message}");
        }

        CheckDigest(input, hash, expectedDigest);
    }

    private static void CheckDigest(MeteredStream input, IncrementalHash hash, string expectedDigest)
    {
        input.Drain();
        var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (digest != expectedDigest)
        {
            throw new BuildException(BuildErrors.InvalidBundle, $"The bundle's SHA-256 is {digest}, not {expectedDigest}; upload it again.");
        }
    }

    private void ReadArchive(Stream input, string folder, CancellationToken ct)
    {
        using var gzip = new GZipStream(input, CompressionMode.Decompress, leaveOpen: true);
        using var content = new MeteredStream(gzip, null);
        using var reader = new TarReader(content, leaveOpen: true);
        var target = new BundleFolder(folder, limits);
        var previous = "its beginning";
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            content.Limit(content.Count + HeaderBytesMax, () => new BuildException(
                BuildErrors.InvalidBundle, $"The bundle's header after {previous} is larger than {HeaderBytesMax:N0} bytes."));
            if (NextEntry(reader, previous) is not { } entry)
            {
                break;
            }

            previous = $"'{EntryPath.Printable(entry.Name)}'";
            content.Limit(limits.UnpackedBytesMax + (limits.EntriesMax * OverheadPerEntry), target.TooLarge);
            Write(entry, target, ct);
        }

        // The rest is padding; reading it makes gzip check its checksum. Content behind the end counts as content.
        content.Limit(limits.UnpackedBytesMax + (limits.EntriesMax * OverheadPerEntry), target.TooLarge);
        content.Drain();
        target.CheckLinks();
    }

    private static TarEntry? NextEntry(TarReader reader, string previous)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ArgumentException or OverflowException or NotSupportedException)
        {
            // What the reader lets through for headers that nobody's tar writes: sizes beyond memory, names it cannot hold.
            throw new BuildException(BuildErrors.InvalidBundle, $"The bundle's header after {previous} cannot be read: {exception.Message}");
        }
    }

    private static void Write(TarEntry entry, BundleFolder target, CancellationToken ct)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var isProgram = (entry.Mode & UnixMode.Execute) != 0;
                target.AddFile(entry.Name, entry.DataStream ?? Stream.Null, isProgram, ct);
                break;
            case TarEntryType.Directory:
                target.AddFolder(entry.Name);
                break;
            case TarEntryType.SymbolicLink:
                target.AddLink(entry.Name, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                target.AddCopy(entry.Name, entry.LinkName, ct);
                break;
            case TarEntryType.GlobalExtendedAttributes:
                break;   // `git archive` writes its commit id there
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice:
                throw EntryPath.Refuse(entry.Name, "is a device");
            case TarEntryType.Fifo:
                throw EntryPath.Refuse(entry.Name, "is a named pipe");
            default:
                throw EntryPath.Refuse(entry.Name, $"is neither file, folder nor link but {entry.EntryType}");
        }
    }
}
