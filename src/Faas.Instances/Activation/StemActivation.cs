using Faas.Contracts.Invocations;
using Faas.Instances.Folders;
using Faas.Instances.Stems;
using Faas.WorkerProtocol;

namespace Faas.Instances.Activation;

/// <summary>Makes a stem an instance: take or start one, place the code, set the CPU limit, specialize, write the record.</summary>
internal sealed class StemActivation(
    SandboxSurroundings around, StemPools pools, StemStarter starter, TimeSpan timeout) : IDisposable
{
    /// <summary>Starts on demand at once. More only makes the first of a burst later (measured with Docker), the last one is no earlier.</summary>
    private readonly SemaphoreSlim _starts = new(Math.Max(4, 2 * Environment.ProcessorCount));

    /// <summary>A running instance, or why there is none; then nothing is left behind.</summary>
    public async Task<(ActivationResult Result, LiveInstance? Instance)> RunAsync(ActivationRequest request, StemKey key, CancellationToken cancellationToken)
    {
        var began = around.Time.GetTimestamp();
        var (sandbox, wasReady) = await pools.TryTakeAsync(key, request.IsUrgent, cancellationToken);
        var phases = new ActivationPhases { FromStem = wasReady };
        var isDone = false;
        try
        {
            sandbox ??= await StartAsync(key, request.IsUrgent, cancellationToken);
            phases = phases with { StemWait = around.Time.GetElapsedTime(began) };
            sandbox.Log.Become(request.Spec.Name, request.InstanceId);

            var placing = around.Time.GetTimestamp();
            CodePlacement.Place(request.CodeFolder, sandbox.Folder.Code);
            await around.Driver.LimitAsync(sandbox.Launched, request.Spec.Cpu, cancellationToken);
            phases = phases with { Place = around.Time.GetElapsedTime(placing) };

            var specializing = around.Time.GetTimestamp();
            var failure = await SpecializeAsync(request, sandbox, cancellationToken);
            phases = phases with { Specialize = around.Time.GetElapsedTime(specializing) };
            if (failure is not null)
            {
                await sandbox.RemoveAsync();   // first, so that its last words are in the tail
                return (failure with { Phases = phases, LogTail = [.. sandbox.Log.Tail.Lines(), .. failure.LogTail] }, null);
            }

            var instance = Record(request, sandbox);
            isDone = true;
            return (new ActivationResult { Instance = instance.Handle, Phases = phases }, instance);
        }
        catch (StemException e)
        {
            return (Unavailable(e.Message, e.Tail, phases), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Drivers.DriverException)
        {
            return (Unavailable($"the function's code could not be given to an instance: {e.Message}", [], phases), null);
        }
        finally
        {
            if (!isDone && sandbox is not null)
            {
                await sandbox.RemoveAsync();
            }
        }
    }

    public void Dispose() => _starts.Dispose();

    /// <summary>The failure that is the platform's fault.</summary>
    public static ActivationResult Unavailable(string detail, IReadOnlyList<string> tail, ActivationPhases phases) =>
        new() { Error = InvocationError.Unavailable, Detail = detail, LogTail = tail, Phases = phases };

    private async Task<LiveSandbox> StartAsync(StemKey key, bool isUrgent, CancellationToken cancellationToken)
    {
        using var hurry = new CancellationTokenSource(StemStart.Patience, around.Time);
        if (isUrgent)
        {
            await hurry.CancelAsync();
        }

        await _starts.WaitAsync(cancellationToken);
        try
        {
            return await starter.StartAsync(key, hurry.Token, cancellationToken);
        }
        finally
        {
            _starts.Release();
        }
    }

    private async Task<ActivationResult?> SpecializeAsync(ActivationRequest request, LiveSandbox sandbox, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        SpecializedMessage? answer;
        try
        {
            answer = await sandbox.Control.SpecializeAsync(Message(request), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(InvocationError.InitFailed, $"the function did not load within {timeout.TotalSeconds:0.#} s", []);
        }

        if (answer is null)
        {
            var (outcome, detail) = EndOfInstance.Describe(await sandbox.ExplainAsync());
            return Failed(outcome == InvocationError.OutOfMemory ? outcome : InvocationError.InitFailed, $"{detail} while the function was loading", []);
        }

        return answer.Ok ? null : Failed(InvocationError.InitFailed, answer.Message ?? answer.Error ?? "the function could not be loaded", answer.Trace);
    }

    private static ActivationResult Failed(InvocationError error, string detail, IReadOnlyList<string> trace) =>
        new() { Error = error, Detail = detail, LogTail = trace };

    private static SpecializeMessage Message(ActivationRequest request) => new()
    {
        Function = request.Spec.Name,
        Revision = request.Revision,
        Instance = request.InstanceId,
        Kind = request.Spec.Runtime == Contracts.Functions.Runtimes.Http ? "http" : "handler",
        Handler = request.Spec.Handler,
        Command = request.Spec.Command,
        MemoryMiB = request.Spec.MemoryMiB,
        TimeoutMs = (long)request.Spec.Timeout.TotalMilliseconds,
        Concurrency = request.Spec.Concurrency,
        Env = request.Spec.Env,
    };

    private LiveInstance Record(ActivationRequest request, LiveSandbox sandbox)
    {
        var record = new InstanceRecord
        {
            InstanceId = request.InstanceId,
            Revision = request.Revision,
            Function = request.Spec.Name,
            IsHttp = request.Spec.Runtime == Contracts.Functions.Runtimes.Http,
            Driver = around.Driver.Report.Name,
            Token = sandbox.Token,
            StartedAt = around.Time.GetUtcNow(),
            Launched = sandbox.Launched,
        };
        record.Save(sandbox.Folder);
        return new LiveInstance(record.ToHandle(sandbox.Folder, record.IsHttp ? sandbox.Group : null), sandbox);
    }
}
