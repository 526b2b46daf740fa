using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Faas.Storage;

/// <summary>Makes the names in a folder survive a power cut; .NET can sync files, but opens no folders.</summary>
public static partial class DurableFolder
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Up to here each file is synced by itself; beyond, one call syncs the whole file system, which is faster than thousands of calls
    /// but also waits for what everybody else has written.
    /// </summary>
    private const int FilesOneByOneMax = 64;

    private static readonly EnumerationOptions EverythingButLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Syncs the folder's own entries: files that were created, renamed or removed in it.</summary>
    public static void Sync(string folder)
    {
        using var handle = Open(folder);
        if (Native.FSync(handle) != 0)
        {
            throw Failed("sync", folder);
        }
    }

    /// <summary>Syncs the files and folders in and below <paramref name="folder"/>. Links are synced with the folder that holds them.</summary>
    public static void SyncTree(string folder)
    {
        var everything = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", EverythingButLinks).Take(FilesOneByOneMax + 1).ToList();
        if (everything.Count > FilesOneByOneMax)
        {
            SyncFileSystem(folder);
            return;
        }

        foreach (var entry in everything)
        {
            Sync(entry.FullName);
        }

        Sync(folder);
    }

    private static void SyncFileSystem(string folder)
    {
        using var handle = Open(folder);
        if (Native.SyncFileSystem(handle) != 0)
        {
            throw Failed("sync", folder);
        }
    }

    private static SafeFileHandle Open(string folder)
    {
        var handle = Native.Open(folder, ReadOnly | CloseOnExec);
        return handle.IsInvalid ? throw Failed("open", folder) : handle;
    }

    private static IOException Failed(string act, string folder) => new($"Cannot {act} {folder}: {Marshal.GetLastPInvokeErrorMessage()}");

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial SafeFileHandle Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static partial int FSync(SafeFileHandle handle);

        [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
        public static partial int SyncFileSystem(SafeFileHandle handle);
    }
}
