using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Hosting;
using Faas.Controller.Logs;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>The slow half of the fleet: starts and stops instances outside its lock, and reports back.</summary>
internal sealed class InstanceLifecycle(InstanceHost host, BackgroundWork work, FunctionLogs logs, Random random)
{
    /// <summary>What a worker gets to finish background work after its last invocation. Its slots are empty already.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    /// <summary>Starts one instance for <paramref name="pool"/> and tells <paramref name="fleet"/> how it went.</summary>
    public async Task ActivateAsync(Fleet fleet, RevisionPool pool, CancellationToken ct)
    {
        ActivationResult result;
        try
        {
            result = await TryAsync(pool.Revision, pool.CodeFolder, ct);
        }
        catch (Exception e)
        {
            fleet.StartFailed(pool, InvocationError.Unavailable, ct.IsCancellationRequested ? "the platform is shutting down" : e.Message);
            throw;
        }

        if (result.Instance is { } instance)
        {
            fleet.Started(pool, instance);
            return;
        }

        logs.Platform(pool.Revision.Function, "", $"an instance could not be started: {result.Detail}");
        fleet.StartFailed(pool, result.Error, result.Detail);
    }

    /// <summary>Starts one instance of a revision.</summary>
    public Task<ActivationResult> TryAsync(RevisionRecord revision, string codeFolder, CancellationToken ct)
    {
        var request = new ActivationRequest { InstanceId = NewId(), Revision = revision.Id, Spec = revision.Spec, CodeFolder = codeFolder };
        return host.ActivateAsync(request, ct);
    }

    /// <summary>Stops an instance that runs nothing any more.</summary>
    public void Stop(string instanceId) => work.Run($"stop of {instanceId}", ct => host.StopAsync(instanceId, StopGrace, ct));

    /// <summary>Kills an instance.</summary>
    public void Kill(string instanceId) => work.Run($"kill of {instanceId}", ct => host.KillAsync(instanceId, ct));

    /// <summary>Keeps the pools of stems in step with what is deployed.</summary>
    public void SetStemDemand(IEnumerable<FunctionSpec> deployed)
    {
        var demand = new Dictionary<StemKey, int>();
        foreach (var spec in deployed)
        {
            if (spec.Image is null)
            {
                var runtime = spec.Runtime == Runtimes.Http ? Runtimes.DotNet : spec.Runtime;
                var key = new StemKey(runtime, spec.MemoryMiB, spec.Network);
                demand[key] = demand.GetValueOrDefault(key) + 1;
            }
        }

        host.SetStemDemand(demand);
    }

    /// <summary>10 characters of base32: 50 bits, short because socket paths are.</summary>
    private string NewId()
    {
        const string alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        lock (random)
        {
            return new string(random.GetItems<char>(alphabet, 10));
        }
    }
}
