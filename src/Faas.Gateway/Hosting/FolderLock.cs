using Faas.Contracts.Hosting;

namespace Faas.Gateway.Hosting;

/// <summary>
/// One gateway on a data folder. Taken before the journal is opened, because a second gateway would take the first one's live segments for an earlier
/// boot's. The kernel gives it back when the process ends, however it ends.
/// </summary>
internal static class FolderLock
{
    /// <summary>Takes the lock; disposing gives it back.</summary>
    /// <exception cref="ConfigurationException">Another gateway has it.</exception>
    public static IDisposable Take(DataFolder data)
    {
        Directory.CreateDirectory(data.Run);
        var path = Path.Combine(data.Run, "gateway.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new ConfigurationException($"another gateway is running on the data folder {data.Root}", exception);
        }
    }
}
