using System.Collections.Concurrent;
using Faas.Contracts.Functions;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Functions;

/// <summary>What is deployed: the store's content in memory. The store is written first, always.</summary>
internal sealed class FunctionCatalog(IFunctionStore store, TimeProvider time) : IFunctionDirectory, IDeployments
{
    private readonly ConcurrentDictionary<string, ServingFunction> _serving = new();

    /// <inheritdoc/>
    public event Action<DeploymentChange>? Changed;

    /// <summary>Reads what was deployed before this start.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        foreach (var function in await store.ListServingAsync(ct))
        {
            _serving[function.Function] = function;
        }
    }

    public ICollection<ServingFunction> All => _serving.Values;

    public ServingFunction? Find(string function) => _serving.GetValueOrDefault(function);

    FunctionSpec? IFunctionDirectory.Find(string function) => Find(function)?.Revision.Spec;

    IEnumerable<FunctionSpec> IDeployments.All => All.Select(function => function.Revision.Spec);

    /// <summary>Saves <paramref name="revision"/> and makes it serving.</summary>
    /// <exception cref="DeployException">Somebody else deployed the function at the same time.</exception>
    public async Task ServeAsync(RevisionRecord revision, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await store.SaveRevisionAsync(revision, ct);
        if (!await store.SetServingAsync(revision.Function, revision.Id, now, Find(revision.Function)?.Revision.Id, ct))
        {
            throw new DeployException(409, "Conflict", "Deployed elsewhere", $"'{revision.Function}' was deployed by somebody else at the same time; deploy again");
        }

        _serving[revision.Function] = new ServingFunction(revision.Function, revision, now);
        Changed?.Invoke(new DeploymentChange(revision.Function, IsDeletion: false));
    }

    /// <summary>Deletes a function. False when there is none.</summary>
    public async Task<bool> DeleteAsync(string function, CancellationToken ct)
    {
        var deleted = await store.DeleteFunctionAsync(function, ct);
        deleted |= _serving.TryRemove(function, out _);
        Changed?.Invoke(new DeploymentChange(function, IsDeletion: true));
        return deleted;
    }
}
