using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Build;
using Faas.Controller.Logs;
using Faas.Controller.Scaling;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>
/// Makes a spec serve: check, build, start once, save, switch. A revision that cannot start is refused with its own log lines, and what served
/// before goes on.
/// </summary>
internal sealed class Deployer(
    FunctionCatalog catalog, FunctionBuilder builder, BundleStore bundles, Fleet fleet, InstanceLifecycle lifecycle, FunctionLogs logs, InstanceHost host, TimeProvider time)
{
    /// <summary>Deploys of one function that may wait for their turn. More than that is a mistake in a script, not a team.</summary>
    private const int TurnsMax = 16;

    private readonly ConcurrentDictionary<string, Turn> _turns = new();

    /// <summary>Deploys <paramref name="spec"/> and returns once its revision serves.</summary>
    /// <exception cref="DeployException">It was refused.</exception>
    public async Task<DeployResult> DeployAsync(FunctionSpec spec, string url, CancellationToken ct)
    {
        await CheckAsync(spec, ct);
        using (await TakeTurnAsync(spec.Name, ct))
        {
            var id = RevisionId.Of(spec);
            var serving = catalog.Find(spec.Name);
            if (serving?.Revision.Id == id)
            {
                return new DeployResult(spec.Name, id, "unchanged", url, null, null);
            }

            var built = await BuildAsync(spec, ct);
            var revision = new RevisionRecord(id, spec.Name, spec, built.BuildDigest, time.GetUtcNow());
            var startedAt = time.GetTimestamp();
            var instance = await StartOnceAsync(revision, built.Folder, ct);
            var startedIn = time.GetElapsedTime(startedAt);
            await SwitchAsync(revision, built.Folder, instance, ct);
            return new DeployResult(spec.Name, id, serving is null ? "created" : "updated", url, startedIn, built.Compiled);
        }
    }

    /// <summary>Deletes a function. False when there is none.</summary>
    public async Task<bool> DeleteAsync(string function, CancellationToken ct)
    {
        using (await TakeTurnAsync(function, ct))
        {
            if (!await catalog.DeleteAsync(function, ct))
            {
                return false;
            }

            fleet.Remove(function);
            await logs.DeleteAsync(function);
            lifecycle.SetStemDemand(catalog.All.Select(f => f.Revision.Spec));
            await fleet.AppliedAsync(ct);
            return true;
        }
    }

    /// <summary>Changes of one function happen one after the other: the same deploy sent twice is made once and then found unchanged.</summary>
    private async Task<IDisposable> TakeTurnAsync(string function, CancellationToken ct)
    {
        var turn = _turns.GetOrAdd(function, _ => new Turn());
        if (!await turn.TakeAsync(TurnsMax, ct))
        {
            throw new DeployException(409, "Conflict", "Too many deploys under way", $"{TurnsMax} changes of '{function}' wait already; try again when they are done");
        }

        return turn;
    }

    private async Task CheckAsync(FunctionSpec spec, CancellationToken ct)
    {
        var problems = FunctionSpecRules.Check(spec);
        if (problems.Count > 0)
        {
            throw new DeployException(422, "InvalidSpec", "The function's specification is not valid", $"{problems[0].Field}: {problems[0].Message}")
            {
                Diagnostics = [.. problems.Select(p => $"{p.Field}: {p.Message}")],
            };
        }

        var runtime = spec.Image is not null || spec.Runtime == Runtimes.Http ? Runtimes.DotNet : spec.Runtime;
        if (spec.Image is not null && host.Sandbox.Name != "docker")
        {
            throw new DeployException(422, "InvalidSpec", "No Docker", "functions with an image need the Docker sandbox; start the platform with --sandbox docker");
        }

        if (spec.Image is null && host.Runtimes.FirstOrDefault(r => r.Name == runtime) is { IsAvailable: false } missing)
        {
            throw new DeployException(422, "InvalidSpec", "The runtime is missing", $"runtime '{missing.Name}' is not on this machine: {missing.Hint}");
        }

        if (spec.CodeDigest is { } digest && !await bundles.ExistsAsync(digest, ct))
        {
            throw new DeployException(422, "InvalidBundle", "The bundle is missing", $"no bundle with digest {digest}; upload it with PUT /v1/bundles/{digest} first");
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

    private async Task SwitchAsync(RevisionRecord revision, string folder, InstanceHandle instance, CancellationToken ct)
    {
        try
        {
            await catalog.ServeAsync(revision, ct);
        }
        catch
        {
            lifecycle.Stop(instance.Id);
            throw;
        }

        fleet.Serve(revision, folder, instance);
        lifecycle.SetStemDemand(catalog.All.Select(f => f.Revision.Spec));
        await fleet.AppliedAsync(ct);
    }
}
