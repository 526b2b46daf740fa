using Faas.Storage;

namespace Faas.Controller.Build;

/// <summary>
/// <c>DataFolder.Code</c>: one folder for each build. A folder gets its name when it is whole and on the disk, so a name that exists
/// can be trusted, also after a power cut.
/// </summary>
internal sealed class CodeFolder
{
    private const string UnfinishedPrefix = ".new-";
    private const string RemovedPrefix = ".old-";

    /// <summary>A build is not swept before its deployment had time to be stored. An hour is past any deployment.</summary>
    private static readonly TimeSpan UnusedBefore = TimeSpan.FromHours(1);

    private readonly string _root;
    private readonly TimeProvider _time;

    /// <summary>Between finding a folder and removing it; only renames happen under it.</summary>
    private readonly Lock _gate = new();

    public CodeFolder(string root, TimeProvider time)
    {
        _root = root;
        _time = time;
        Directory.CreateDirectory(root);
        foreach (var leftover in Directory.GetDirectories(root, UnfinishedPrefix + "*").Concat(Directory.GetDirectories(root, RemovedPrefix + "*")))
        {
            Directory.Delete(leftover, recursive: true);   // of a process that was killed; links in it are removed, not followed
        }
    }

    public string PathOf(string digest) => Path.Combine(_root, digest);

    /// <summary>Whether the build is here; if so, it stays for at least an hour more.</summary>
    public bool TryUse(string digest)
    {
        lock (_gate)
        {
            if (!Directory.Exists(PathOf(digest)))
            {
                return false;
            }

            Directory.SetLastWriteTimeUtc(PathOf(digest), _time.GetUtcNow().UtcDateTime);
            return true;
        }
    }

    public string CreateUnfinished()
    {
        var folder = Path.Combine(_root, UnfinishedPrefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Gives a finished folder its name.</summary>
    public void Finish(string unfinished, string digest)
    {
        DurableFolder.SyncTree(unfinished);   // contents before the name
        lock (_gate)
        {
            Directory.SetLastWriteTimeUtc(unfinished, _time.GetUtcNow().UtcDateTime);
            Directory.Move(unfinished, PathOf(digest));
        }

        DurableFolder.Sync(_root);
    }

    /// <summary>Removes what <paramref name="used"/> does not name and nobody asked for within the last hour.</summary>
    public void Sweep(IReadOnlySet<string> used, CancellationToken ct)
    {
        foreach (var folder in Directory.GetDirectories(_root))
        {
            ct.ThrowIfCancellationRequested();
            var digest = Path.GetFileName(folder);
            if (digest.StartsWith('.') || used.Contains(digest))
            {
                continue;
            }

            var removed = Path.Combine(_root, RemovedPrefix + Guid.NewGuid().ToString("N"));
            lock (_gate)
            {
                if (_time.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(folder) < UnusedBefore)
                {
                    continue;
                }

                Directory.Move(folder, removed);
            }

            Directory.Delete(removed, recursive: true);
        }
    }
}
