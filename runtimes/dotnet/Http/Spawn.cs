using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Faas.Runtime.DotNet.Http;

/// <summary>
/// posix_spawn, because <see cref="System.Diagnostics.Process"/> cannot give a child a process group of its own. Nothing else in a worker of an
/// http function starts processes, so waiting for any child here takes nobody's exit code; it also reaps orphans when the worker is PID 1.
/// </summary>
internal static unsafe partial class Spawn
{
    private const short SetProcessGroup = 0x02;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const int CloseOnExec = 0x80000;

    /// <summary>More than any libc's attribute, action or signal-set structure (glibc: 336, 80 and 128 bytes).</summary>
    private const int StructureBytes = 512;

    /// <summary>A pipe whose ends children do not inherit by themselves.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        return pipe2(ends, CloseOnExec) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Starts a program; 0 or the error number.</summary>
    public static int Start(
        string path, IReadOnlyList<string> arguments, List<string> variables, string directory, SafeFileHandle output, SafeFileHandle errors, out int pid)
    {
        var attributes = stackalloc byte[StructureBytes];
        var actions = stackalloc byte[StructureBytes];
        var signals = stackalloc byte[StructureBytes];
        var allSignals = stackalloc byte[StructureBytes];
        pid = 0;
        var error = First(posix_spawnattr_init(attributes), posix_spawn_file_actions_init(actions));
        try
        {
            _ = sigemptyset(signals);
            _ = sigfillset(allSignals);   // The runtime ignores SIGPIPE, and an ignored signal would stay so in the program.
            error = First(
                error,
                posix_spawnattr_setflags(attributes, SetProcessGroup | SetSignalDefaults | SetSignalMask),
                posix_spawnattr_setpgroup(attributes, 0),
                posix_spawnattr_setsigmask(attributes, signals),
                posix_spawnattr_setsigdefault(attributes, allSignals),
                posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0),
                posix_spawn_file_actions_adddup2(actions, (int)output.DangerousGetHandle(), 1),
                posix_spawn_file_actions_adddup2(actions, (int)errors.DangerousGetHandle(), 2),
                posix_spawn_file_actions_addchdir_np(actions, directory));
            using var argv = new TextVector(arguments);
            using var envp = new TextVector(variables);
            return error != 0 ? error : posix_spawn(out pid, path, actions, attributes, argv.Pointer, envp.Pointer);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Waits until the child has ended, and reaps whatever else ends meanwhile. Its exit code, or 128 + n for signal n.</summary>
    public static int AwaitExit(int pid)
    {
        while (true)
        {
            var ended = waitpid(-1, out var status, 0);
            if (ended == pid)
            {
                return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
            }
        }
    }

    /// <summary>Sends a signal to a process, or to a process group when negative. One that has ended is no error.</summary>
    public static void Signal(int pid, int signal) => _ = kill(pid, signal);

    public static string Describe(int error) => new Win32Exception(error).Message;

    private static int First(params ReadOnlySpan<int> errors) => errors[Math.Max(0, errors.IndexOfAnyExcept(0))];

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setpgroup(byte* attributes, int group);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static partial int sigfillset(byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string path);

    [LibraryImport("libc")]
    private static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class TextVector : IDisposable
    {
        private readonly int _count;

        public TextVector(IReadOnlyList<string> texts)
        {
            _count = texts.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < _count; i++)
            {
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
            }
        }

        public byte** Pointer { get; }

        /// <inheritdoc />
        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
