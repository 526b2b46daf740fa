using System.Net;
using System.Net.Sockets;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Instances.Control;
using Faas.Instances.Drivers;
using Faas.Instances.Folders;
using Faas.Instances.Stems;

namespace Faas.Instances.Activation;

/// <summary>Starts an instance of an image function: its own container, no stem, ready when its port accepts a connection.</summary>
internal sealed class ImageActivation(SandboxSurroundings around, IInstanceEvents events, TimeSpan timeout)
{
    /// <summary>The port that images are told by <c>PORT</c>.</summary>
    public const int Port = 8080;

    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMilliseconds(50);

    /// <summary>A running instance, or why there is none; then nothing is left behind.</summary>
    public async Task<(ActivationResult Result, LiveInstance? Instance)> RunAsync(ActivationRequest request, CancellationToken cancellationToken)
    {
        if (around.Driver is not IRunsImages images)
        {
            return (StemActivation.Unavailable("images need Docker: start it and run with --sandbox docker", [], default), null);
        }

        var began = around.Time.GetTimestamp();
        var folder = around.NewFolder();
        var sandbox = new LiveSandbox(around, folder, around.Users.Take(), new LogSink(events, around.Time));
        var isDone = false;
        using var deadline = new CancellationTokenSource(timeout, around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            sandbox.Log.Become(request.Spec.Name, request.InstanceId);
            folder.Create();
            await images.PullAsync(request.Spec.Image!, cancellationToken);
            sandbox.Launched = await around.Driver.StartAsync(Plan(request, sandbox), either.Token);
            sandbox.Attach(await images.FollowOutputAsync(sandbox.Launched, sandbox.Log.Add, either.Token));
            var phases = new ActivationPhases { StemWait = around.Time.GetElapsedTime(began) };
            sandbox.Attach(AwaitEndAsync(sandbox.Launched));
            var isUp = await ConnectAsync(sandbox, either.Token);
            phases = phases with { Specialize = around.Time.GetElapsedTime(began) - phases.StemWait };
            if (!isUp)
            {
                var (outcome, detail) = EndOfInstance.Describe(await sandbox.ExplainAsync());
                await sandbox.RemoveAsync();
                return (Failed(outcome == InvocationError.OutOfMemory ? outcome : InvocationError.InitFailed, $"{detail} before it listened on port {Port}", sandbox, phases), null);
            }

            var instance = Record(request, sandbox);
            isDone = true;
            return (new ActivationResult { Instance = instance.Handle, Phases = phases }, instance);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await sandbox.RemoveAsync();
            return (Failed(InvocationError.InitFailed, $"the image did not listen on port {Port} ($PORT) within {timeout.TotalSeconds:0.#} s", sandbox, default), null);
        }
        catch (DriverException e)
        {
            return (Failed(e.IsTransient ? InvocationError.Unavailable : InvocationError.InitFailed, e.Message, sandbox, default), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (StemActivation.Unavailable($"the instance's folder could not be made: {e.Message}", [], default), null);
        }
        finally
        {
            if (!isDone)
            {
                await sandbox.RemoveAsync();
            }
        }
    }

    /// <summary>Completes when the driver says that the sandbox has ended. Never fails.</summary>
    public async Task AwaitEndAsync(Launched launched)
    {
        try
        {
            await around.Driver.WaitAsync(launched, CancellationToken.None);
        }
        catch (DriverException)
        {
            // The engine is away, and its containers with it or out of reach: either way this instance serves nobody any more.
        }
    }

    private static LaunchPlan Plan(ActivationRequest request, LiveSandbox sandbox) => new()
    {
        Folder = sandbox.Folder,
        Runtime = Contracts.Functions.Runtimes.Http,
        Uid = sandbox.Uid,
        MemoryMiB = request.Spec.MemoryMiB,
        Network = NetworkKind.Egress,
        Image = request.Spec.Image,
        Cpu = request.Spec.Cpu,
        Revision = request.Revision,
        Env = new Dictionary<string, string>(request.Spec.Env)
        {
            ["PORT"] = "8080",
            ["FAAS_FUNCTION"] = request.Spec.Name,
            ["FAAS_REVISION"] = request.Revision,
            ["FAAS_INSTANCE"] = request.InstanceId,
        },
    };

    private static ActivationResult Failed(InvocationError error, string detail, LiveSandbox sandbox, ActivationPhases phases) =>
        new() { Error = error, Detail = detail, LogTail = sandbox.Log.Tail.Lines(), Phases = phases };

    /// <summary>Waits until the port accepts. False when the container ended first.</summary>
    private async Task<bool> ConnectAsync(LiveSandbox sandbox, CancellationToken cancellationToken)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(sandbox.Launched.Address!), Port);
        for (var pause = RetryMin; !sandbox.Ended.IsCompleted; pause = pause * 2 < RetryMax ? pause * 2 : RetryMax)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(endpoint, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                await Task.WhenAny(Task.Delay(pause, around.Time, cancellationToken), sandbox.Ended);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return false;
    }

    private LiveInstance Record(ActivationRequest request, LiveSandbox sandbox)
    {
        var record = new InstanceRecord
        {
            InstanceId = request.InstanceId,
            Revision = request.Revision,
            Function = request.Spec.Name,
            IsHttp = true,
            Port = Port,
            Driver = around.Driver.Report.Name,
            Token = "",
            StartedAt = around.Time.GetUtcNow(),
            Launched = sandbox.Launched,
        };
        record.Save(sandbox.Folder);
        return new LiveInstance(record.ToHandle(sandbox.Folder, record.IsHttp ? sandbox.Group : null), sandbox);
    }
}
