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
internal sealed record TrialledRevision(RevisionRecord Revision, string Folder, InstanceHandle Instance, TimeSpan StartedIn, TimeSpan? BuiltIn);

/// <summary>Builds a revision and starts it once.</summary>
internal sealed class RevisionTrial(FunctionBuilder builder, InstanceLifecycle lifecycle, TimeProvider time)
{
    /// <exception cref="DeployException">It cannot be built, or does not start.</exception>
    public async Task<TrialledRevision> RunAsync(string id, FunctionSpec spec, CancellationToken ct)
    {
        var built = await BuildAsync(spec, ct);
        var revision = new RevisionRecord(id, spec.Name, spec, built.BuildDigest, time.GetUtcNow());
        var startedAt = time.GetTimestamp();
        var instance = await StartOnceAsync(revision, built.Folder, ct);
        return new TrialledRevision(revision, built.Folder, instance, time.GetElapsedTime(startedAt), built.Compiled);
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
}
