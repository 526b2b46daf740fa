using System.Collections.Concurrent;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Logs;
using Faas.Controller.Scaling;

namespace Faas.Controller.Functions;

/// <summary>
/// Makes a spec serve: check, build, start once, save, switch. A revision that cannot start is refused with its own log lines, and what served
/// before goes on.
/// </summary>
internal sealed class Deployer(SpecCheck check, RevisionTrial trial, FunctionCatalog catalog, FleetParts fleet, InstanceLifecycle lifecycle, FunctionLogs logs)
{
    /// <summary>Deploys of one function that may wait for their turn. More than that is a mistake in a script, not a team.</summary>
    private const int TurnsMax = 16;

    private readonly ConcurrentDictionary<string, Turn> _turns = new();

    /// <summary>Deploys <paramref name="spec"/> and returns once its revision serves.</summary>
    /// <exception cref="DeployException">It was refused.</exception>
    public async Task<DeployResult> DeployAsync(FunctionSpec spec, string url, CancellationToken ct)
    {
        await check.CheckAsync(spec, ct);
        using (await TakeTurnAsync(spec.Name, ct))
        {
            var id = RevisionId.Of(spec);
            var serving = catalog.Find(spec.Name);
            if (serving?.Revision.Id == id)
            {
                return new DeployResult(spec.Name, id, "unchanged", url, null, null);
            }

            var trialled = await trial.RunAsync(id, spec, ct);
            await SwitchAsync(trialled, ct);
            return new DeployResult(spec.Name, id, serving is null ? "created" : "updated", url, trialled.StartedIn, trialled.BuiltIn);
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

            fleet.Fleet.Remove(function);
            await logs.DeleteAsync(function);
            lifecycle.SetStemDemand(catalog.All.Select(f => f.Revision.Spec));
            await fleet.Link.AppliedAsync(ct);
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

    private async Task SwitchAsync(TrialledRevision trialled, CancellationToken ct)
    {
        using (trialled.Memory)
        {
            try
            {
                await catalog.ServeAsync(trialled.Revision, ct);
            }
            catch
            {
                lifecycle.Discard(trialled.Instance.Id);
                throw;
            }

            fleet.Fleet.Serve(trialled.Revision, trialled.Folder, trialled.Instance);
        }

        lifecycle.SetStemDemand(catalog.All.Select(f => f.Revision.Spec));
        await fleet.Link.AppliedAsync(ct);
    }
}
