using System.Collections.Concurrent;
using System.Security.Cryptography;
using Faas.Instances.Drivers;
using Faas.Instances.Folders;

namespace Faas.Instances.Stems;

/// <summary>What all sandboxes of a host share.</summary>
internal sealed class SandboxSurroundings(IInstanceDriver driver, UserRange users, Remains remains, string instancesFolder, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, bool> _own = new();

    public IInstanceDriver Driver { get; } = driver;

    /// <summary>Users for them.</summary>
    public UserRange Users { get; } = users;

    /// <summary>Removes what is left of them.</summary>
    public Remains Remains { get; } = remains;

    /// <summary>Parent of their folders.</summary>
    public string InstancesFolder { get; } = instancesFolder;

    public TimeProvider Time { get; } = time;

    /// <summary>A folder for a new sandbox, not made yet. Its id has 10 characters, because socket paths are short.</summary>
    public InstanceFolder NewFolder()
    {
        var id = RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 10);
        _own[id] = true;
        return new InstanceFolder(InstancesFolder, id);
    }

    /// <summary>Whether the sandbox is one of this process and not an orphan of an earlier one. Known before anything of it exists.</summary>
    public bool IsOwn(string id) => _own.ContainsKey(id);

    /// <summary>Marks an adopted sandbox as ours.</summary>
    public void Adopt(string id) => _own[id] = true;

    /// <summary>Nothing of the sandbox is left.</summary>
    public void Forget(string id) => _own.TryRemove(id, out _);
}
