using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Faas.Instances.HostImages;

/// <summary>
/// A root file system made of files of the host, at the paths they have there, readable for every user: folders that only root may enter become 0755.
/// </summary>
internal sealed class RootFileSystem
{
    /// <summary>Raised when images are made in another way, so that those made in the old way are not used any more.</summary>
    private static ReadOnlySpan<byte> Recipe => "2"u8;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const int LinksMax = 40;

    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Adds an empty folder.</summary>
    public void AddFolder(string path, bool isOpen = false)
    {
        AddParents(path);
        _entries[path] = new Entry(TarEntryType.Directory, null, null, isOpen ? (UnixFileMode)0x3FF : Readable | Executable | UnixFileMode.UserWrite);
    }

    /// <summary>Adds a file with <paramref name="content"/>.</summary>
    public void AddText(string path, string content)
    {
        AddParents(path);
        _entries[path] = new Entry(TarEntryType.RegularFile, null, Encoding.UTF8.GetBytes(content), Readable | UnixFileMode.UserWrite);
    }

    /// <summary>Adds what is at <paramref name="path"/> on the host, whole folders included, and what its symbolic links lead to. Nothing there: nothing added.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="skip">Folders for which this is true are left out.</param>
    public void Add(string path, Func<string, bool>? skip = null)
    {
        var real = Resolve(path, 0);
        if (real is null || (_entries.TryGetValue(real, out var known) && known.Kind == TarEntryType.RegularFile))
        {
            return;
        }

        if (Directory.Exists(real))
        {
            AddFolder(real);
            foreach (var child in Directory.EnumerateFileSystemEntries(real))
            {
                if (skip is null || !skip(child))
                {
                    Add(child, skip);
                }
            }
        }
        else if (File.Exists(real))
        {
            var executable = (File.GetUnixFileMode(real) & UnixFileMode.UserExecute) != 0;
            _entries[real] = new Entry(TarEntryType.RegularFile, real, null, Readable | UnixFileMode.UserWrite | (executable ? Executable : 0));
        }
    }

    /// <summary>A digest of the list of files with lengths and times: cheap, and different when a package was upgraded.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Recipe);
        foreach (var (path, entry) in _entries)
        {
            var file = entry.HostPath is { } host ? new FileInfo(host) : null;
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant(
                $"{path}\0{entry.Kind}\0{(int)entry.Mode}\0{entry.LinkTarget}\0{file?.Length}\0{file?.LastWriteTimeUtc.Ticks}\n")));
            hash.AppendData(entry.Content ?? []);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }

    /// <summary>Writes everything as a tar archive.</summary>
    public async Task WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var (path, entry) in _entries)
        {
            var tarEntry = new PaxTarEntry(entry.Kind, path[1..]) { Mode = entry.Mode };
            if (entry.LinkTarget is not null)
            {
                tarEntry.LinkName = entry.LinkTarget;
            }

            await using var content = Open(entry);
            if (entry.HostPath is not null)
            {
                // Kept, because Python takes compiled files only when they name the source's time.
                tarEntry.ModificationTime = File.GetLastWriteTimeUtc(entry.HostPath);
            }

            if (content is not null)
            {
                tarEntry.DataStream = content;
            }

            await tar.WriteEntryAsync(tarEntry, cancellationToken);
        }
    }

    private static Stream? Open(Entry entry) => entry switch
    {
        { HostPath: { } host } => new FileStream(host, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 128 * 1024, useAsync: false),
        { Content: { } content } => new MemoryStream(content),
        _ => null,
    };

    /// <summary>Adds the folders and symbolic links on the way to <paramref name="path"/> and returns where it really is; null for endless links.</summary>
    private string? Resolve(string path, int depth)
    {
        if (depth > LinksMax)
        {
            return null;
        }

        for (var slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            var prefix = slash < 0 ? path : path[..slash];
            var isKnownFolder = _entries.TryGetValue(prefix, out var known) && known.Kind == TarEntryType.Directory;   // saves a readlink for each part of each path
            if (!isKnownFolder && new FileInfo(prefix).LinkTarget is { } target)
            {
                _entries[prefix] = new Entry(TarEntryType.SymbolicLink, null, null, (UnixFileMode)0x1FF) { LinkTarget = target };
                var rest = slash < 0 ? "" : path[slash..];
                return Resolve(Path.GetFullPath(target, Path.GetDirectoryName(prefix)!) + rest, depth + 1);
            }

            if (slash < 0)
            {
                return path;
            }

            if (!isKnownFolder)
            {
                _entries[prefix] = new Entry(TarEntryType.Directory, null, null, Readable | Executable | UnixFileMode.UserWrite);
            }
        }
    }

    private void AddParents(string path) => Resolve(Path.GetDirectoryName(path)! is "/" ? path : Path.GetDirectoryName(path)! + "/x", 0);

    private sealed record Entry(TarEntryType Kind, string? HostPath, byte[]? Content, UnixFileMode Mode)
    {
        public string? LinkTarget { get; init; }
    }
}
