using System.Runtime.InteropServices;

namespace Faas.Cli;

/// <summary>The few system calls that .NET has no API for.</summary>
internal static partial class Native
{
    public const int SigKill = 9;

    public const int SigTerm = 15;

    private const int ReadOnly = 0;

    private const int SeekCurrent = 1;

    private const short PollError = 0x8;

    /// <summary>Sends a signal; false when there is no such process.</summary>
    public static bool Kill(int pid, int signal) => KillCore(pid, signal) == 0;

    /// <summary>
    /// Replaces this process by <paramref name="program"/>. Returns only when that failed. What a service manager started is then what runs: same
    /// pid, its signals, its exit code.
    /// </summary>
    public static void Exec(string program, IEnumerable<string> arguments) => ExecCore(program, [program, .. arguments, null]);

    /// <summary>Sets a variable in the C environment, which <see cref="Exec"/> passes on; .NET keeps an environment of its own.</summary>
    public static void SetEnvironment(string name, string value) => _ = SetEnvironmentCore(name, value, 1);

    /// <summary>Whether the path is a FIFO or a socket. It opens without waiting for the other side.</summary>
    public static bool IsPipeOrSocket(string path)
    {
        var handle = OpenCore(path, ReadOnly | (OperatingSystem.IsMacOS() ? 0x4 : 0x800));   // O_NONBLOCK
        if (handle < 0)
        {
            return Marshal.GetLastPInvokeError() is 6 or 102;   // ENXIO, or EOPNOTSUPP on macOS: a socket
        }

        var isSeekable = SeekCore(handle, 0, SeekCurrent) >= 0;
        _ = CloseCore(handle);
        return !isSeekable;
    }

    /// <summary>
    /// Whether whoever read our standard output through a pipe is gone. .NET drops what is written there without a word, so that an output without end
    /// would go on for nobody.
    /// </summary>
    public static bool IsOutputUnread()
    {
        var output = new PollTarget { File = 1 };
        return PollCore(ref output, 1, 0) > 0 && (output.Happened & PollError) != 0;
    }

    /// <summary>
    /// The text of a file that another process may hold locked. .NET takes an advisory lock for every file it opens, and would refuse.
    /// </summary>
    public static string ReadLocked(string path)
    {
        var handle = OpenCore(path, ReadOnly);
        if (handle < 0)
        {
            return "";
        }

        try
        {
            var buffer = new byte[4096];
            var length = ReadCore(handle, buffer, buffer.Length);
            return length <= 0 ? "" : System.Text.Encoding.UTF8.GetString(buffer, 0, (int)length);
        }
        finally
        {
            _ = CloseCore(handle);
        }
    }

    /// <summary>The settings of the terminal on standard input, as the system has them; null when it is none.</summary>
    public static byte[]? TerminalSettings()
    {
        var settings = new byte[256];   // past any system's termios
        return GetTerminalCore(0, settings) == 0 ? settings : null;
    }

    /// <summary>Changes the terminal on standard input at once.</summary>
    public static void SetTerminal(byte[] settings) => _ = SetTerminalCore(0, 0, settings);

    /// <summary>A line that is typed on the terminal on standard input, without its end; at most <paramref name="bytesMax"/> bytes of it. .NET would show it while it is typed.</summary>
    public static byte[] ReadTypedLine(int bytesMax)
    {
        const int Interrupted = 4;
        var buffer = new byte[bytesMax];
        nint length;
        do
        {
            length = ReadCore(0, buffer, buffer.Length);
        }
        while (length < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return buffer.AsSpan(0, (int)Math.Max(0, length)).TrimEnd((byte)'\n').ToArray();
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetTerminalCore(int file, byte[] settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetTerminalCore(int file, int when, byte[] settings);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollCore(ref PollTarget targets, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCore(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecCore(string path, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentCore(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCore(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long SeekCore(int handle, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadCore(int handle, byte[] buffer, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCore(int handle);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollTarget
    {
        public int File;
        public short Asked;
        public short Happened;
    }
}
