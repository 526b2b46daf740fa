using System.Globalization;
using System.Text;
using Faas.Cli.CommandLine;
using Faas.Contracts.Hosting;

namespace Faas.Cli.Supervision;

/// <summary>
/// One platform a data folder. The lock is the kernel's (flock), so it ends with its process however that ends; the file's text says who holds
/// it and which children it has, for messages and for cleaning up after a `kill -9`.
/// </summary>
internal sealed class PlatformLock : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, int> _children = [];
    private readonly Lock _lock = new();

    private PlatformLock(FileStream file, IReadOnlyList<int> leftBehind)
    {
        _file = file;
        LeftBehind = leftBehind;
        Write();
    }

    /// <summary>Children of the previous holder, as it wrote them down; empty after a clean end. They may have ended since.</summary>
    public IReadOnlyList<int> LeftBehind { get; }

    public static PlatformLock Acquire(DataFolder data)
    {
        try
        {
            var file = new FileStream(data.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            using var reader = new StreamReader(file, Encoding.UTF8, false, 256, leaveOpen: true);
            return new PlatformLock(file, [.. Pids(reader.ReadToEnd()).Skip(1)]);
        }
        catch (IOException) when (File.Exists(data.LockFile))
        {
            var holder = Pids(Native.ReadLocked(data.LockFile)).FirstOrDefault();
            throw new CliException(
                ExitCode.Error,
                $"A platform runs on {data.Root} already (process {holder}); stop it first, or choose another folder with --data DIR.");
        }
    }

    /// <summary>Notes a child's pid.</summary>
    public void SetChild(string name, int pid)
    {
        lock (_lock)
        {
            _children[name] = pid;
            Write();
        }
    }

    /// <summary>Empties and unlocks the file. It is not deleted: another process may be waiting at the same inode.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.SetLength(0);
            _file.Dispose();
        }
    }

    private void Write()
    {
        var text = string.Join('\n', [Environment.ProcessId, .. _children.Values]) + "\n";
        _file.SetLength(0);
        _file.Write(Encoding.UTF8.GetBytes(text));
        _file.Flush();
    }

    private static IEnumerable<int> Pids(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => int.TryParse(line, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0);
}
