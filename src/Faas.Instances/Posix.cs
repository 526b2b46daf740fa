using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Faas.Instances;

/// <summary>The few system calls that .NET does not offer.</summary>
internal static partial class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    private const int ReadWriteNonBlockCloseOnExec = 0x2 | 0x800 | 0x80000;
    private const int Again = 11;
    private const int Exists = 17;

    /// <summary>Whether this process is root, which decides what can be limited and isolated.</summary>
    public static bool IsRoot { get; } = GetEffectiveUserId() == 0;

    /// <summary>Makes a hard link. False when the file systems differ, the file has too many links already, or linking is not permitted.</summary>
    public static bool TryLink(string from, string to) => Link(from, to) == 0;

    /// <summary>Makes a FIFO that everybody may write to, whatever the umask.</summary>
    public static void MakeFifo(string path)
    {
        if (MakeFifo(path, 0x1B6) != 0 && Marshal.GetLastPInvokeError() != Exists)
        {
            throw new IOException($"could not make the FIFO {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
    }

    /// <summary>Opens a FIFO for reading and writing: so it opens without a peer, and never reports an end when a writer goes.</summary>
    public static SafePipeHandle OpenFifo(string path)
    {
        var descriptor = Open(path, ReadWriteNonBlockCloseOnExec);
        return descriptor >= 0
            ? new SafePipeHandle(descriptor, ownsHandle: true)
            : throw new IOException($"could not open the FIFO {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <summary>What is in the pipe now, without waiting: bytes read, 0 when there is nothing.</summary>
    public static int ReadNow(SafePipeHandle pipe, Span<byte> buffer)
    {
        var count = Read(pipe, buffer, buffer.Length);
        return count >= 0 || Marshal.GetLastPInvokeError() == Again ? (int)Math.Max(0, count) : 0;
    }

    /// <summary>Sends a signal. False when there is no such process (any more).</summary>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafePipeHandle pipe, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
