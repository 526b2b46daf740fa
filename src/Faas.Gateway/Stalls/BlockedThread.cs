using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Faas.Gateway.Stalls;

/// <summary>
/// Says which code a thread of this process is in. .NET shows a thread only its own stack, so a child process of ours attaches to this one for a moment and reads it.
/// Where that is forbidden or there is no runtime to ask (NativeAOT), the answer is what the kernel knows: state and system call.
/// </summary>
internal static partial class BlockedThread
{
    /// <summary>The argument that makes this program such a child: <c>--stack-of PID THREAD</c>.</summary>
    public const string StackOption = "--stack-of";

    private const int SetPtracer = 0x59616d61;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The innermost frames, joined by <c>&lt;-</c>; or what the kernel knows.</summary>
    public static string Describe(int thread)
    {
        // Before the child: it is this moment's call that counts, and the process stands still while the child reads.
        var known = FromKernel(thread);
        return RuntimeFeature.IsDynamicCodeSupported && FromChild(thread) is { Length: > 0 } stack ? $"{stack} ({known})" : known;
    }

    private static string? FromChild(int thread)
    {
        // Where the kernel lets only parents attach to children (yama), children may as long as this is set.
        _ = Control(SetPtracer, nuint.MaxValue);
        try
        {
            using var child = Process.Start(Command(thread));
            if (child is null)
            {
                return null;
            }

            if (!child.WaitForExit(Limit))
            {
                child.Kill();
                return null;
            }

            // Not asynchronously: that would take the very thread that is blocked. What the child writes fits into the pipe.
            return child.StandardOutput.ReadToEnd().Trim();
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return null;   // It could not be started, or has ended before it was to be killed.
        }
        finally
        {
            _ = Control(SetPtracer, 0);
        }
    }

    private static ProcessStartInfo Command(int thread)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileName(program) == "dotnet";
        return new ProcessStartInfo(
            program,
            [
                .. isHost ? [Path.Combine(AppContext.BaseDirectory, "faas-gateway.dll")] : Array.Empty<string>(),
                StackOption, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), thread.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            // What was made to happen in this process at its start is not to happen in the child too.
            Environment = { ["DOTNET_STARTUP_HOOKS"] = null, ["DOTNET_EnableDiagnostics"] = "0" },
        };
    }

    private static string FromKernel(int thread)
    {
        try
        {
            var call = File.ReadAllText($"/proc/self/task/{thread}/syscall").Split(' ')[0].Trim();
            return call == "running" ? "computing" : $"waiting in system call {call} of {RuntimeInformation.ProcessArchitecture}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"state {ThreadTimes.Of(thread)?.State ?? '?'}";
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument);
}
