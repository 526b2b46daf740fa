using Faas.Contracts.Hosting;

namespace Faas.Controller.Hosting;

/// <summary>This process's claim on a data folder: SQLite and the instances belong to one controller. The kernel ends it with the process.</summary>
internal sealed class FolderClaim : IDisposable
{
    private const UnixFileMode Traversable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;

    private FolderClaim(FileStream file) => _lock = file;

    /// <summary>Makes the folders and takes the claim.</summary>
    /// <exception cref="StartException">The folder cannot be written to, or another controller has it.</exception>
    public static FolderClaim Take(DataFolder data)
    {
        try
        {
            // Instances run as other users and must reach their own folder below Run; they can list none of these.
            Directory.CreateDirectory(data.Root, Traversable);
            Directory.CreateDirectory(data.Run, Traversable);
            Directory.CreateDirectory(data.Instances, Traversable);
            Directory.CreateDirectory(data.Code, Traversable);
            Directory.CreateDirectory(data.Bundles, Private);
            Directory.CreateDirectory(data.Logs, Private);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StartException($"the data folder {data.Root} cannot be written to ({e.Message}); choose another with --data DIR");
        }

        try
        {
            return new FolderClaim(new FileStream(Path.Combine(data.Run, "controller.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw new StartException($"another controller runs on {data.Root}; stop it, or choose another folder with --data DIR");
        }
    }

    public void Dispose() => _lock.Dispose();
}
