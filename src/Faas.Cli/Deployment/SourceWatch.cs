using System.Threading.Channels;
using Faas.Cli.Manifest;

namespace Faas.Cli.Deployment;

/// <summary>Says when a manifest or a source of it has changed, once for a burst of changes.</summary>
internal sealed class SourceWatch : IDisposable
{
    /// <summary>Editors and compilers write several files for one save; this much silence ends the burst.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    /// <summary>Folders that tools write into, also while we deploy.</summary>
    private static readonly string[] Ignored = ["bin", "obj", "node_modules", ".git", ".faas", "__pycache__", ".deps", ".venv"];

    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TimeProvider _time;

    public SourceWatch(ManifestFile manifest, TimeProvider time)
    {
        _time = time;
        Follow(manifest);
    }

    /// <summary>Watches the sources that the manifest has now.</summary>
    public void Follow(ManifestFile manifest)
    {
        Watch(manifest.Folder);
        foreach (var source in manifest.Functions.Select(function => function.Source).OfType<string>())
        {
            Watch(Directory.Exists(source) ? source : Path.GetDirectoryName(source)!);
        }
    }

    /// <summary>Waits for a change and for the end of its burst.</summary>
    public async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        await _changes.Reader.ReadAsync(cancellationToken);
        do
        {
            await Task.Delay(Quiet, _time, cancellationToken);
        }
        while (_changes.Reader.TryRead(out _));
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    private void Watch(string folder)
    {
        if (_watchers.Keys.Any(watched => folder == watched || folder.StartsWith(watched + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
        {
            return;
        }

        var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true };
        watcher.Changed += (_, change) => Report(folder, change.FullPath);
        watcher.Created += (_, change) => Report(folder, change.FullPath);
        watcher.Deleted += (_, change) => Report(folder, change.FullPath);
        watcher.Renamed += (_, change) => Report(folder, change.FullPath);
        watcher.Error += (_, _) => _changes.Writer.TryWrite(true);   // changes were lost; deploying finds out which
        watcher.EnableRaisingEvents = true;
        _watchers[folder] = watcher;
    }

    private void Report(string folder, string path)
    {
        if (!Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar).Any(part => Ignored.Contains(part)))
        {
            _changes.Writer.TryWrite(true);
        }
    }
}
