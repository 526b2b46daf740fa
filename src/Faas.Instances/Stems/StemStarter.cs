using System.Net.Sockets;
using System.Security.Cryptography;
using Faas.Instances.Control;
using Faas.Instances.Drivers;

namespace Faas.Instances.Stems;

/// <summary>Starts stems: makes the folder, starts the sandbox, waits for its call, seals the folder, opens the control connection.</summary>
internal sealed class StemStarter(SandboxSurroundings around, IInstanceEvents events, TimeSpan timeout)
{
    /// <summary>A stem that is made with what others leave of the cores may take this much longer than one for which somebody waits.</summary>
    private const int BackgroundFactor = 20;

    /// <summary>A new stem that is ready to be specialized. When it throws, nothing is left behind.</summary>
    /// <param name="key">Its kind.</param>
    /// <param name="hurry">Cancelled when somebody waits for it, which need not be so from the beginning.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StemException">It did not become ready.</exception>
    public async Task<LiveSandbox> StartAsync(StemKey key, CancellationToken hurry, CancellationToken cancellationToken)
    {
        var folder = around.NewFolder();
        var sandbox = new LiveSandbox(around, folder, around.Users.Take(), new LogSink(events, around.Time));
        using var deadline = new CancellationTokenSource(hurry.IsCancellationRequested ? timeout : timeout * BackgroundFactor, around.Time);
        await using var hurrying = hurry.UnsafeRegister(_ => deadline.CancelAfter(timeout), null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await StartAsync(key, sandbox, hurry, either.Token);
            return sandbox;
        }
        catch (Exception e)
        {
            await sandbox.RemoveAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                StemException => e,
                OperationCanceledException => new StemException($"a {key.Runtime} stem was not ready after {timeout.TotalSeconds:0.#} s", sandbox.Log.Tail.Lines(), e),
                DriverException => new StemException(e.Message, sandbox.Log.Tail.Lines(), e),
                IOException or UnauthorizedAccessException or SocketException =>
                    new StemException($"the folder of a {key.Runtime} stem could not be used: {e.Message}", sandbox.Log.Tail.Lines(), e),
                _ => new StemException($"a {key.Runtime} stem could not be started: {e.Message}", sandbox.Log.Tail.Lines(), e),
            };
        }
    }

    private async Task StartAsync(StemKey key, LiveSandbox sandbox, CancellationToken hurry, CancellationToken cancellationToken)
    {
        var token = RandomNumberGenerator.GetHexString(32, lowercase: true);
        sandbox.Folder.Create();
        sandbox.Token = token;
        sandbox.Attach(new OutputPipe(sandbox.Folder.Output, sandbox.Log.Add));
        using var ready = new ReadySocket(sandbox.Folder, token);
        var isBackground = !hurry.IsCancellationRequested;
        sandbox.Launched = await around.Driver.StartAsync(
            new LaunchPlan
            {
                Folder = sandbox.Folder,
                Runtime = key.Runtime,
                Uid = sandbox.Uid,
                MemoryMiB = key.MemoryMiB,
                Network = key.Network,
                Token = token,
                IsBackground = isBackground,
            },
            cancellationToken);
        await using var hurrying = isBackground ? hurry.UnsafeRegister(_ => around.Driver.Hurry(sandbox.Launched), null) : default;
        await WaitUntilReadyAsync(key, sandbox, ready, cancellationToken);
        sandbox.Folder.Seal();
        sandbox.Attach(await ControlConnection.OpenAsync(sandbox.Folder.WorkerSocket, token, sandbox.Log.Add, cancellationToken));
    }

    private async Task WaitUntilReadyAsync(StemKey key, LiveSandbox sandbox, ReadySocket ready, CancellationToken cancellationToken)
    {
        // A stem that dies must not cost the whole timeout.
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var called = ready.WaitAsync(settled.Token);
        var exited = around.Driver.WaitAsync(sandbox.Launched, settled.Token);
        var first = await Task.WhenAny(called, exited);
        await settled.CancelAsync();
        if (first == called)
        {
            await called;
            return;
        }

        var report = await exited;
        throw new StemException(
            report.IsOutOfMemory
                ? $"the {key.Runtime} runtime does not fit into {key.MemoryMiB} MiB; raise the function's memory"
                : $"a {key.Runtime} stem ended before it was ready, exit code {report.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}",
            sandbox.Log.Tail.Lines());
    }
}
