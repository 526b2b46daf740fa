using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Hosting;
using Faas.Controller.Logs;
using Faas.Instances;
using Faas.Storage;

namespace Faas.Controller.Scaling;

/// <summary>Has instances started, frozen and stopped by this machine's host, in the background, and reports how it went.</summary>
internal sealed class InstanceLifecycle(InstanceHost host, BackgroundWork work, IFunctionOutput logs, ILifecycleEvents events, TimeProvider time, Random random)
    : IInstanceLifecycle
{
    /// <summary>What a worker gets to finish background work after its last invocation. Its slots are empty already.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    /// <summary>What a program that serves HTTP itself gets between SIGTERM and the kill: it may have connections of its own to close and data to write.</summary>
    private static readonly TimeSpan HttpStopGrace = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public bool CanFreeze => host.CanFreeze;

    /// <inheritdoc/>
    public void Activate(RevisionPool pool, StartKind kind) => work.Run($"activation of {pool.Revision.Id}", ct => ActivateAsync(pool, kind, ct));

    /// <inheritdoc/>
    public void Yield() => host.HoldStems();

    /// <inheritdoc/>
    public bool HasStem(RevisionPool pool) => host.HasStem(pool.Spec);

    /// <inheritdoc/>
    public void Stop(RevisionPool pool, string instanceId) => work.Run($"stop of {instanceId}", ct => EndAsync(pool, instanceId, pool.Spec.Runtime == Contracts.Functions.Runtimes.Http ? HttpStopGrace : StopGrace, ct));

    /// <inheritdoc/>
    public void Kill(RevisionPool pool, string instanceId) => work.Run($"kill of {instanceId}", ct => EndAsync(pool, instanceId, TimeSpan.Zero, ct));

    /// <inheritdoc/>
    public void Freeze(string instanceId) => work.Run($"freeze of {instanceId}", async ct => events.Froze(instanceId, await TryAsync(host.FreezeAsync(instanceId, ct))));

    /// <inheritdoc/>
    public void Thaw(string instanceId) => work.Run($"thaw of {instanceId}", async ct => events.Thawed(instanceId, await TryAsync(host.ThawAsync(instanceId, ct))));

    /// <inheritdoc/>
    public TimeSpan? CpuOf(string instanceId) => host.CpuOf(instanceId);

    /// <summary>Starts one instance of a revision that has no pool yet.</summary>
    public Task<ActivationResult> TryAsync(RevisionRecord revision, string codeFolder, CancellationToken ct) => TryAsync(revision, codeFolder, isUrgent: true, ct);

    /// <summary>Stops an instance that <see cref="TryAsync(RevisionRecord, string, CancellationToken)"/> started and that is not wanted.</summary>
    public void Discard(string instanceId) => work.Run($"stop of {instanceId}", ct => host.StopAsync(instanceId, StopGrace, ct));

    /// <summary>Keeps the pools of stems in step with what is deployed.</summary>
    public void SetStemDemand(IEnumerable<FunctionSpec> deployed)
    {
        var demand = new Dictionary<StemKey, int>();
        foreach (var spec in deployed)
        {
            if (StemKey.Of(spec) is { } key)
            {
                demand[key] = demand.GetValueOrDefault(key) + 1;
            }
        }

        host.SetStemDemand(demand);
    }

    private static async Task<bool> TryAsync(Task<bool> act)
    {
        try
        {
            return await act;
        }
        catch (Exception e) when (e is IOException or InstanceHostException)
        {
            return false;
        }
    }

    private Task<ActivationResult> TryAsync(RevisionRecord revision, string codeFolder, bool isUrgent, CancellationToken ct)
    {
        var request = new ActivationRequest { InstanceId = NewId(), Revision = revision.Id, Spec = revision.Spec, CodeFolder = codeFolder, IsUrgent = isUrgent };
        return host.ActivateAsync(request, ct);
    }

    private async Task ActivateAsync(RevisionPool pool, StartKind kind, CancellationToken ct)
    {
        ActivationResult result;
        var began = time.GetTimestamp();
        try
        {
            result = await TryAsync(pool.Revision, pool.CodeFolder, kind == StartKind.Awaited, ct);
        }
        catch (Exception e)
        {
            events.StartFailed(pool, InvocationError.Unavailable, ct.IsCancellationRequested ? "the platform is shutting down" : e.Message);
            throw;
        }

        if (result.Instance is { } instance)
        {
            events.Started(pool, instance with { Phases = result.Phases }, new ActivationTime(time.GetElapsedTime(began), result.Phases.FromStem), kind);
            return;
        }

        logs.Platform(pool.Revision.Function, "", LineLevel.Error, $"an instance could not be started: {result.Detail}");
        events.StartFailed(pool, result.Error, result.Detail);
    }

    private async Task EndAsync(RevisionPool pool, string instanceId, TimeSpan grace, CancellationToken ct)
    {
        try
        {
            await host.StopAsync(instanceId, grace, ct);
        }
        finally
        {
            events.Stopped(pool, instanceId);   // what could not be removed now is removed in the background, and is seldom anything that uses memory
        }
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
