using System.Collections.Concurrent;

namespace Faas.Instances.Drivers.Docker;

/// <summary>
/// The control groups of containers, each looked for once. By name, not by the <c>/proc</c> entry of the container's process: that one takes a call to the engine,
/// and names another process where engine and controller live in different process namespaces.
/// </summary>
/// <param name="parent">Where our containers are put; null when the engine decides.</param>
internal sealed class ContainerGroups(string? parent)
{
    private readonly ConcurrentDictionary<string, ControlGroup> _known = new();

    /// <summary>The group of a container; null when it is not on this machine (any more).</summary>
    public ControlGroup? Find(string container)
    {
        if (container.Length == 0)
        {
            return null;   // never started
        }

        if (!_known.TryGetValue(container, out var group) && PathOf(container) is { } path)
        {
            _known[container] = group = ControlGroup.At(path);
        }

        return group;
    }

    /// <summary>The container is gone.</summary>
    public void Forget(string container) => _known.TryRemove(container, out _);

    private string? PathOf(string container)
    {
        if (parent is not null && Path.Combine(parent, container) is var own && Directory.Exists(ControlGroup.SearchRoot + own))
        {
            return own;
        }

        try
        {
            // systemd's names, and started by a controller with another parent: a walk over some hundred folders, 1 to 5 ms.
            var everywhere = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 };
            var found = Directory.EnumerateDirectories(ControlGroup.SearchRoot, $"*{container}*", everywhere)
                .FirstOrDefault(folder => Path.GetFileName(folder) is var name && (name == container || name == $"docker-{container}.scope"));
            return found?[ControlGroup.SearchRoot.Length..];
        }
        catch (IOException)
        {
            return null;   // a machine without control groups
        }
    }
}
