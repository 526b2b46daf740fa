using System.Net.Http.Json;

namespace Faas.Contracts.Api;

/// <summary>The part of the management API about budgets: <c>/v1/budgets</c>. Throws as <see cref="FaasClient"/> does.</summary>
public sealed class BudgetsClient
{
    private readonly ApiTransport _transport;

    internal BudgetsClient(ApiTransport transport) => _transport = transport;

    /// <summary>All budgets, by id.</summary>
    public async Task<IReadOnlyList<BudgetDescription>> ListAsync(CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/budgets", FaasJson.Default.BudgetDescriptionArray, cancellationToken);

    /// <summary>One budget; status 404 when there is none.</summary>
    public Task<BudgetDescription> GetAsync(BudgetKey key, CancellationToken cancellationToken) =>
        _transport.GetAsync(PathOf(key), FaasJson.Default.BudgetDescription, cancellationToken);

    /// <summary>Makes a budget, or changes it. It counts what was spent in the running period before it was made, too.</summary>
    public async Task<BudgetDescription> SetAsync(BudgetKey key, BudgetSpec spec, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(spec, FaasJson.Default.BudgetSpec);
        return await _transport.AskAsync(HttpMethod.Put, PathOf(key), content, FaasJson.Default.BudgetDescription, cancellationToken);
    }

    /// <summary>Deletes a budget: what it held back runs again within a second.</summary>
    public Task DeleteAsync(BudgetKey key, CancellationToken cancellationToken) => _transport.TellAsync(HttpMethod.Delete, PathOf(key), null, cancellationToken);

    private static string PathOf(BudgetKey key) => "/v1/budgets/" + Uri.EscapeDataString(key.Id);
}
