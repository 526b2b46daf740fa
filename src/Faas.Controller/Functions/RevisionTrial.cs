using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Build;
using Faas.Controller.Scaling;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>A revision that has been built and has started once.</summary>
/// <param name="Revision">The revision, not saved yet.</param>
/// <param name="Folder">Its code.</param>
/// <param name="Instance">The instance that showed it; it will serve.</param>
/// <param name="StartedIn">How long its start took.</param>
/// <param name="BuiltIn">How long compiling took; null when nothing was compiled.</param>
internal sealed record TrialledRevision(RevisionRecord Revision, string Folder, InstanceHandle Instance, TimeSpan StartedIn, TimeSpan? BuiltIn)
{
    /// <summary>Its memory, kept for it until the fleet counts it itself.</summary>
    public required IDisposable Memory { get; init; }
}

/// <summary>Builds a revision and starts it once.</summary>
internal sealed class RevisionTrial(FunctionBuilder builder, Fleet fleet, InstanceLifecycle lifecycle, TimeProvider time)
{
    /// <summary>How long a deployment waits for memory that instances of other functions hold.</summary>
    private static readonly TimeSpan MemoryPatience = TimeSpan.FromSeconds(15);

    /// <exception cref="DeployException">It cannot be built, or does not start.</exception>
    public async Task<TrialledRevision> RunAsync(string id, FunctionSpec spec, CancellationToken ct)
    {
        var built = await BuildAsync(spec, ct);
        var revision = new RevisionRecord(id, spec.Name, spec, built.BuildDigest, time.GetUtcNow());
        var startedAt = time.GetTimestamp();
        var memory = await ReserveAsync(revision.Spec.MemoryMiB, ct);
        try
        {
            var instance = await StartOnceAsync(revision, built.Folder, ct);
            return new TrialledRevision(revision, built.Folder, instance, time.GetElapsedTime(startedAt), built.Compiled) { Memory = memory };
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private async Task<BuildResult> BuildAsync(FunctionSpec spec, CancellationToken ct)
    {
        if (spec.Image is not null)
        {
            return new BuildResult("", "", null);
        }

        try
        {
            return await builder.BuildAsync(spec, ct);
        }
        catch (BuildException e)
        {
            throw new DeployException(422, e.Kind, "The function could not be built", e.Message) { Diagnostics = e.Diagnostics };
        }
    }

    private async Task<InstanceHandle> StartOnceAsync(RevisionRecord revision, string folder, CancellationToken ct)
    {
        var result = await lifecycle.TryAsync(revision, folder, ct);
        if (result.Instance is { } instance)
        {
            return instance;
        }

        var status = result.Error == InvocationError.Unavailable ? 503 : 422;
        throw new DeployException(status, result.Error.ToString(), "The function could not be started", result.Detail) { Logs = result.LogTail };
    }

    private async Task<IDisposable> ReserveAsync(int memoryMiB, CancellationToken ct)
    {
        var (capacity, used) = fleet.Memory;
        if (memoryMiB > capacity)
        {
            throw new DeployException(422, "InvalidSpec", "The function does not fit into this machine's memory",
                $"an instance needs {memoryMiB} MiB, and all instances together may use {capacity} MiB; lower 'memory', or raise Faas:Machine:MemoryMiB");
        }

        using var deadline = new CancellationTokenSource(MemoryPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            return await fleet.ReserveAsync(memoryMiB, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new DeployException(503, nameof(InvocationError.Unavailable), "No memory to start the function with",
                $"{used} of {capacity} MiB are in use by instances that are busy; try again later");
        }
    }
}
