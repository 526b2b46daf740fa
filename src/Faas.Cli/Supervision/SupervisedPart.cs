using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Supervision;

/// <summary>Keeps one part running: starts it, starts it again with back-off when it ends, stops it when asked to.</summary>
internal sealed class SupervisedPart(PartCommand command, PartLog log, Action<string, int> started, TimeProvider time) : IDisposable
{
    /// <summary>Longer than the slowest start on a busy machine; a part that is not ready by then hangs.</summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RestartBackoff _backoff = new();
    private volatile PartProcess? _process;
    private Task _supervising = Task.CompletedTask;
    private Uri? _address;

    /// <summary>Faults when it cannot go on: the part says that its configuration is wrong.</summary>
    public Task Failed => _failed.Task;

    /// <summary>The pid of the current run; 0 between two.</summary>
    public int Pid => _process?.Pid ?? 0;

    /// <summary>Told about each restart: the exit code, and the wait before the next start.</summary>
    public event Action<int, TimeSpan>? Restarting;

    /// <summary>Told when a later run is ready.</summary>
    public event Action<Uri>? Recovered;

    /// <summary>Starts it and waits until it listens. A first start that fails is final: nothing has worked yet that could work again.</summary>
    public async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        var process = Launch();
        _address = await WaitUntilReadyAsync(process, cancellationToken) ?? throw await DescribeFailureAsync(process);
        _supervising = SuperviseAsync(process);
        return _address;
    }

    /// <summary>SIGTERM, and SIGKILL when <paramref name="grace"/> is over. Does nothing when it is not running.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await _stopping.CancelAsync();
        if (_process is { } process)
        {
            process.Terminate();
            await Task.WhenAny(process.Exited, Task.Delay(grace, time, CancellationToken.None));
            if (!process.Exited.IsCompleted)
            {
                log.Add($"error: the {command.Name} did not stop within {Text.Duration(grace)} and was killed; the next start cleans up after it");
                process.Kill();
            }

            await process.Exited;
        }

        await _supervising;
    }

    /// <summary>SIGKILL, without waiting.</summary>
    public void Kill() => _process?.Kill();

    public void Dispose()
    {
        _process?.Dispose();
        _stopping.Dispose();
        log.Dispose();
    }

    private PartProcess Launch()
    {
        var process = PartProcess.Start(command, _address, log, time);
        _process?.Dispose();
        _process = process;
        started(command.Name, process.Pid);
        if (_stopping.IsCancellationRequested)
        {
            process.Kill();   // it was stopped while it was being started
        }

        return process;
    }

    /// <summary>The address; null when it ended, or hung and was killed.</summary>
    private async Task<Uri?> WaitUntilReadyAsync(PartProcess process, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ReadyTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = either.Token.Register(() => ended.TrySetResult());
        await Task.WhenAny(process.Ready, process.Exited, ended.Task);
        if (process.Ready.IsCompletedSuccessfully)
        {
            return await process.Ready;
        }

        if (timeout.IsCancellationRequested)
        {
            log.Add($"error: {command.Name} did not listen within {ReadyTimeout.TotalSeconds} s; it was killed");
            process.Kill();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    private async Task SuperviseAsync(PartProcess process)
    {
        var readyAt = time.GetTimestamp();
        var isReady = true;
        while (true)
        {
            var exitCode = await process.Exited;
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            if (exitCode == PartProcess.ConfigurationError)
            {
                _failed.TrySetException(await DescribeFailureAsync(process));
                return;
            }

            var delay = _backoff.After(isReady ? time.GetElapsedTime(readyAt) : TimeSpan.Zero);
            Restarting?.Invoke(exitCode, delay);
            if (!await DelayAsync(delay))
            {
                return;
            }

            process = Launch();
            isReady = await WaitUntilReadyAsync(process, CancellationToken.None) is not null;
            readyAt = time.GetTimestamp();
            if (isReady)
            {
                Recovered?.Invoke(_address!);
            }
        }
    }

    /// <summary>False when it is being stopped.</summary>
    private async Task<bool> DelayAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<CliException> DescribeFailureAsync(PartProcess process)
    {
        var exitCode = await process.Exited;
        var lines = log.LastLines;
        return exitCode is PartProcess.ConfigurationError or PartProcess.NotYet && lines.Count > 0
            ? new CliException(ExitCode.Error, Text.FirstLine(WithoutLevel(lines[^1])))
            : new CliException(ExitCode.Error, $"The {command.Name} ended with exit code {exitCode} before it listened. Its last lines (all are in {log.FilePath}):", lines);
    }

    private static string WithoutLevel(string line) =>
        line.StartsWith("error: ", StringComparison.OrdinalIgnoreCase) ? line["error: ".Length..] : line;
}
