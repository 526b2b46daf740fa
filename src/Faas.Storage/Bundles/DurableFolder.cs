using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Faas.Storage;

/// <summary>Makes the names in a folder survive a power cut; .NET can sync files, but opens no folders.</summary>
public static partial class DurableFolder
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Syncs the folder's own entries: files that were created, renamed or removed in it.</summary>
    public static void Sync(string folder)
    {
        using var handle = Open(folder);
        if (Native.FSync(handle) != 0)
        {
            throw Failed("sync", folder);
        }
    }

    /// <summary>Syncs everything on the folder's file system: one call for thousands of small files below it.</summary>
    public static void SyncTree(string folder)
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
