using System.Buffers;

namespace Faas.Controller.Build;

/// <summary>The folder that a bundle is unpacked into: entries go through <see cref="BundleTree"/>'s rules and then to the disk.</summary>
internal sealed class BundleFolder
{
    private readonly string _root;
    private readonly BundleLimits _limits;
    private readonly BundleTree _tree;
    private long _written;

    public BundleFolder(string root, BundleLimits limits)
    {
        _root = root;
        _limits = limits;
        _tree = new BundleTree(limits);
        UnixMode.Set(root, UnixMode.All0755);
    }

    public void AddFolder(string name) => CreateFolders(name, Parse(name));

    public void AddFile(string name, Stream content, bool isProgram, CancellationToken ct)
    {
        var path = Parse(name);
        CreateFolders(name, EntryPath.ParentOf(path));
        _tree.AddFile(name, path);
        var onDisk = OnDisk(path);
        using (var file = new FileStream(onDisk, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            Copy(content, file, ct);
        }

        UnixMode.Set(onDisk, isProgram ? UnixMode.All0755 : UnixMode.File0644);
    }

    public void AddLink(string name, string target)
    {
        var path = Parse(name);
        CreateFolders(name, EntryPath.ParentOf(path));
        _tree.AddLink(name, path, target);
        File.CreateSymbolicLink(OnDisk(path), target);
    }

    /// <summary>A hard link becomes a copy, so that no two entries share what somebody might change.</summary>
    public void AddCopy(string name, string of, CancellationToken ct)
    {
        string original;
        try
        {
            original = Parse(of);
        }
        catch (BuildException)
        {
            throw EntryPath.Refuse(name, $"is a hard link to '{EntryPath.Printable(of)}', which lies outside of the bundle");
        }

        if (!_tree.IsFile(original))
        {
            throw EntryPath.Refuse(name, $"is a hard link to '{EntryPath.Printable(of)}', which is no earlier file of the bundle");
        }

        var onDisk = OnDisk(original);
        using var content = File.OpenRead(onDisk);
        AddFile(name, content, UnixMode.IsExecutable(onDisk), ct);
    }

    public void CheckLinks() => _tree.CheckLinks();

    public BuildException TooLarge() => new(
        BuildErrors.BundleTooLarge, $"The bundle's files are larger than {_limits.UnpackedBytesMax:N0} bytes together; leave out what the function does not need.");

    private void CreateFolders(string name, string path)
    {
        foreach (var folder in _tree.AddFolder(name, path))
        {
            var onDisk = OnDisk(folder);
            Directory.CreateDirectory(onDisk);
            UnixMode.Set(onDisk, UnixMode.All0755);
        }
    }

    private void Copy(Stream from, FileStream to, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            for (int read; (read = from.Read(buffer)) > 0;)
            {
                ct.ThrowIfCancellationRequested();
                _written += read;
                if (_written > _limits.UnpackedBytesMax)
                {
                    throw TooLarge();
                }

                to.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private string Parse(string name) => EntryPath.Parse(name, _limits.PathBytesMax);

    private string OnDisk(string path) => Path.Combine(_root, path);
}
