namespace Faas.Controller.Build;

/// <summary>
/// What a bundle has unpacked so far, by path. It decides from its own knowledge and never asks the file system, so no entry
/// can be written through a link that an earlier entry planted.
/// </summary>
internal sealed class BundleTree(BundleLimits limits)
{
    /// <summary>As the kernel: more links than this on one way are a loop.</summary>
    private const int LinksOnOneWayMax = 40;

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    private enum Kind
    {
        Folder,
        File,
        Link,
    }

    /// <summary>Takes in a folder. Returns the folders that have to be created, outermost first.</summary>
    public IReadOnlyList<string> AddFolder(string name, string path)
    {
        var missing = new Stack<string>();
        for (var folder = path; folder.Length > 0; folder = EntryPath.ParentOf(folder))
        {
            if (!_nodes.TryGetValue(folder, out var node))
            {
                missing.Push(folder);
            }
            else if (node.Kind != Kind.Folder)
            {
                var what = node.Kind == Kind.Link ? "link" : "file";
                throw EntryPath.Refuse(name, $"would be written through the {what} '{EntryPath.Printable(folder)}'");
            }
        }

        foreach (var folder in missing)
        {
            Add(folder, new Node(Kind.Folder, null));
        }

        return [.. missing];
    }

    /// <summary>Takes in a file, whose folder must have been added.</summary>
    public void AddFile(string name, string path) => AddNew(name, path, new Node(Kind.File, null));

    /// <summary>Takes in a symbolic link. Where it leads is checked at the end, when everything on its way is known.</summary>
    public void AddLink(string name, string path, string target)
    {
        if (target.Length == 0 || target.StartsWith('/') || target.Any(char.IsControl) || target.Length > limits.PathBytesMax)
        {
            throw EntryPath.Refuse(name, $"is a link to '{EntryPath.Printable(target)}'; links must be relative and stay inside the bundle");
        }

        AddNew(name, path, new Node(Kind.Link, target));
    }

    /// <summary>Whether <paramref name="path"/> is a file.</summary>
    public bool IsFile(string path) => _nodes.TryGetValue(path, out var node) && node.Kind == Kind.File;

    /// <summary>Follows every link as the kernel would.</summary>
    /// <exception cref="BuildException">One leaves the bundle or runs in a circle.</exception>
    public void CheckLinks()
    {
        foreach (var (path, node) in _nodes)
        {
            if (node.Target is not null)
            {
                Follow(path, node.Target);
            }
        }
    }

    private void Follow(string link, string target)
    {
        var at = EntryPath.ParentOf(link);
        var links = 1;
        var way = new Stack<string>(target.Split('/').Reverse());
        while (way.TryPop(out var part))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part == "..")
            {
                at = at.Length > 0
                    ? EntryPath.ParentOf(at)
                    : throw EntryPath.Refuse(link, $"is a link to '{EntryPath.Printable(target)}', which leaves the bundle");
                continue;
            }

            var next = at.Length == 0 ? part : $"{at}/{part}";
            if (!_nodes.TryGetValue(next, out var node) || node.Target is null)
            {
                at = next;   // a name that does not exist cannot be a link either
                continue;
            }

            if (++links > LinksOnOneWayMax)
            {
                throw EntryPath.Refuse(link, $"is a link to '{EntryPath.Printable(target)}', which runs in a circle");
            }

            foreach (var ahead in node.Target.Split('/').Reverse())
            {
                way.Push(ahead);
            }
        }
    }

    private void AddNew(string name, string path, Node node)
    {
        if (path.Length == 0)
        {
            throw EntryPath.Refuse(name, "would replace the bundle's root folder");
        }

        if (_nodes.ContainsKey(path))
        {
            throw EntryPath.Refuse(name, "occurs twice");
        }

        Add(path, node);
    }

    private void Add(string path, Node node)
    {
        if (_nodes.Count >= limits.EntriesMax)
        {
            throw new BuildException(BuildErrors.BundleTooLarge, $"The bundle has more than {limits.EntriesMax:N0} entries; leave out what the function does not need.");
        }

        _nodes.Add(path, node);
    }

    private readonly record struct Node(Kind Kind, string? Target);
}
