using System.Globalization;
using Microsoft.Diagnostics.Runtime;

namespace Faas.Gateway.Stalls;

/// <summary>The child process that <see cref="BlockedThread"/> starts: attaches to the gateway, writes a thread's managed stack in one line and ends.</summary>
internal static class StackReader
{
    private const int FramesMax = 24;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string process, string thread)
    {
        using var target = DataTarget.AttachToProcess(int.Parse(process, CultureInfo.InvariantCulture), suspend: true);
        var version = target.ClrVersions.Single();
        // What explains a runtime's memory lies beside it. ClrMD would look for a version in it that this library does not carry, hence no check.
        var access = Path.Combine(Path.GetDirectoryName(version.ModuleInfo.FileName)!, "libmscordaccore.so");
        using var runtime = version.CreateRuntime(access, ignoreMismatch: true);
        var id = uint.Parse(thread, CultureInfo.InvariantCulture);
        var frames = runtime.Threads.Single(candidate => candidate.OSThreadId == id).EnumerateStackTrace()
            .Where(frame => frame.Method is not null)
            .Select(frame => $"{frame.Method!.Type.Name}.{frame.Method.Name}")
            .Where(name => !name.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal) && !name.StartsWith("System.Threading.ExecutionContext.", StringComparison.Ordinal))
            .TakeWhile(name => !name.StartsWith("System.Net.Sockets.SocketAsyncEngine", StringComparison.Ordinal))
            .Take(FramesMax);
        Console.Out.WriteLine(string.Join(" <- ", frames));
        return 0;
    }
}
