using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Hosting;

namespace Faas.Cli.Packaging;

/// <summary>
/// Prepared bundles by the content of their sources, so that an unchanged function with dependencies is deployed again at once. Below the data
/// folder; may be deleted at any time.
/// </summary>
internal sealed class PackageCache(DataFolder data)
{
    /// <summary>Twice what a busy project has; the least recently used go first.</summary>
    private const int EntriesMax = 64;

    private readonly string _folder = Path.Combine(data.Root, "cache");

    /// <summary>The file that a bundle of these sources has in the cache, whether it exists or not.</summary>
    public string PathOf(string fingerprint) => Path.Combine(_folder, fingerprint + ".tar.gz");

    /// <summary>A new, empty folder in the cache for staging; its user deletes it.</summary>
    public string CreateStaging()
    {
        var folder = Path.Combine(_folder, "staging-" + Guid.NewGuid().ToString("N"));
        CreateFolder(folder);
        return folder;
    }

    /// <summary>The cached bundle, or null. Touches it, so that it counts as used.</summary>
    public async Task<Bundle?> FindAsync(string fingerprint, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = PathOf(fingerprint);
        if (!File.Exists(path))
        {
            return null;
        }

        File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        await using var packed = File.OpenRead(path);
        return new Bundle(path, Convert.ToHexStringLower(await SHA256.HashDataAsync(packed, cancellationToken)), packed.Length, 0);
    }

    /// <summary>Moves a packed bundle to its place. Two deploys that make the same one at once do not disturb each other.</summary>
    public Bundle Keep(string fingerprint, Bundle bundle)
    {
        var path = PathOf(fingerprint);
        File.Move(bundle.Path, path, overwrite: true);
        foreach (var old in new DirectoryInfo(_folder).EnumerateFiles("*.tar.gz").OrderByDescending(file => file.LastWriteTimeUtc).Skip(EntriesMax))
        {
            old.Delete();
        }

        return bundle with { Path = path };
    }

    /// <summary>SHA-256 over what a preparation depends on: <paramref name="parameters"/> and the files' names, modes and contents.</summary>
    public static async Task<string> FingerprintAsync(IEnumerable<string> parameters, IEnumerable<SourceFile> files, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in parameters)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(parameter + "\0"));
        }

        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Path}\0{file.IsExecutable}\0{file.LinkTarget}\0"));
            if (file.LinkTarget is null)
            {
                await using var content = File.OpenRead(file.FullPath);
                hash.AppendData(await SHA256.HashDataAsync(content, cancellationToken));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void CreateFolder(string folder)
    {
        if (!Directory.Exists(data.Root))
        {
            Supervision.FolderSetup.CreateRoot(data);
        }

        Directory.CreateDirectory(folder);
    }
}
