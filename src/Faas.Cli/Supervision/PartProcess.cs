using System.ComponentModel;
using System.Diagnostics;
using Faas.Cli.CommandLine;

namespace Faas.Cli.Supervision;

/// <summary>One run of a part: a child process with pipes. Its stdin stays open as long as we live; its end tells the child that we died.</summary>
internal sealed class PartProcess : IDisposable
{
    /// <summary>Exit code of a part whose configuration is wrong (sysexits' EX_CONFIG): starting it again would not help.</summary>
    public const int ConfigurationError = 78;

    /// <summary>Exit code of a part that lacks a server which is not there now (sysexits' EX_TEMPFAIL): a later start may find it.</summary>
    public const int NotYet = 75;

    private const string ReadyPrefix = "ready ";

    /// <summary>After the exit its last lines are still in the pipe; grandchildren may hold the pipe open, so the wait has an end.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(500);

    private static readonly string[] SetsidPaths = ["/usr/bin/setsid", "/bin/setsid"];

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PartProcess(Process process) => _process = process;

    public int Pid => _process.Id;

    /// <summary>The address it listens on, once it said so. Never completes when it ends before.</summary>
    public Task<Uri> Ready => _ready.Task;

    /// <summary>Its exit code, once it has ended and what it wrote is in the log.</summary>
    public Task<int> Exited => _exited.Task;

    public static PartProcess Start(PartCommand command, Uri? previous, PartLog log, TimeProvider time)
    {
        var start = new ProcessStartInfo(command.Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // In a session of its own a Ctrl-C of the terminal reaches only us, and we stop the parts in their order.
        if (FindSetsid() is { } setsid)
        {
            start.FileName = setsid;
            start.ArgumentList.Add(command.Program);
        }

        foreach (var argument in command.Arguments(previous))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.TryAdd("DOTNET_ROOT", PlatformParts.DotNetRoot);
        foreach (var (name, value) in command.Environment)
        {
            start.Environment.TryAdd(name, value);
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var part = new PartProcess(process);
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => exited.TrySetResult();
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new CliException(ExitCode.Error, $"Cannot start {command.Program}: {e.Message}");
        }

        var reading = Task.WhenAll(part.ReadOutputAsync(log), ReadErrorsAsync(process.StandardError, log));
        part.CompleteAsync(exited.Task, reading, time).ContinueWith(
            task => part._exited.TrySetException(task.Exception!), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return part;
    }

    /// <summary>Asks it to end: SIGTERM, and the end of its stdin, so that a read of it that cannot be cancelled does not hold it up.</summary>
    public void Terminate()
    {
        Signal(Native.SigTerm);
        _process.StandardInput.Close();
    }

    /// <summary>Ends it at once: SIGKILL.</summary>
    public void Kill() => Signal(Native.SigKill);

    public void Dispose() => _process.Dispose();

    private void Signal(int signal)
    {
        // An exited process's pid may be somebody else's by now.
        if (!_exited.Task.IsCompleted && !_process.HasExited)
        {
            Native.Kill(_process.Id, signal);
        }
    }

    private async Task CompleteAsync(Task exited, Task reading, TimeProvider time)
    {
        await exited;
        await Task.WhenAny(reading, Task.Delay(DrainTime, time, CancellationToken.None));
        _exited.TrySetResult(_process.ExitCode);
    }

    private async Task ReadOutputAsync(PartLog log)
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith(ReadyPrefix, StringComparison.Ordinal) && Uri.TryCreate(line[ReadyPrefix.Length..].Trim(), UriKind.Absolute, out var url))
            {
                _ready.TrySetResult(url);
            }
            else
            {
                log.Add(line);
            }
        }
    }

    private static async Task ReadErrorsAsync(StreamReader errors, PartLog log)
    {
        while (await errors.ReadLineAsync(CancellationToken.None) is { } line)
        {
            log.Add(line);
        }
    }

    private static string? FindSetsid() => SetsidPaths.FirstOrDefault(File.Exists);
}
