using System.Globalization;

namespace Faas.Contracts.Api;

/// <summary>The part of the management API about what invocations cost. Throws as <see cref="FaasClient"/> does.</summary>
public sealed class CostsClient
{
    private readonly ApiTransport _transport;

    internal CostsClient(ApiTransport transport) => _transport = transport;

    /// <summary>Usage from one moment up to before another, told apart by <paramref name="by"/>; of one function or namespace when given.</summary>
    public Task<UsageReport> GetUsageAsync(UsageScope scope, IReadOnlyList<UsageKey> by, CancellationToken cancellationToken) => _transport.GetAsync(
        $"/v1/usage?{scope.ToQuery()}&by={string.Join(',', by).ToLowerInvariant()}", FaasJson.Default.UsageReport, cancellationToken);

    /// <summary>What the same would have cost in other clouds.</summary>
    public Task<CloudComparison> CompareAsync(UsageScope scope, CancellationToken cancellationToken) =>
        _transport.GetAsync($"/v1/usage/clouds?{scope.ToQuery()}", FaasJson.Default.CloudComparison, cancellationToken);

    /// <summary>Memory that was allotted while nothing ran, by function or by day and function. The scope's ends are whole days (UTC).</summary>
    public Task<IdleReport> GetIdleAsync(UsageScope scope, bool byDay, CancellationToken cancellationToken) =>
        _transport.GetAsync($"/v1/usage/idle?{scope.ToQuery()}&by={(byDay ? "day,function" : "function")}", FaasJson.Default.IdleReport, cancellationToken);

    /// <summary>The bill of the month that a day is in.</summary>
    public Task<Bill> GetBillAsync(DateOnly month, CancellationToken cancellationToken) =>
        _transport.GetAsync($"/v1/bill?month={month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}", FaasJson.Default.Bill, cancellationToken);

    /// <summary>Where the running month is going.</summary>
    public Task<CostForecast> GetForecastAsync(CancellationToken cancellationToken) => _transport.GetAsync("/v1/forecast", FaasJson.Default.CostForecast, cancellationToken);

    /// <summary>All prices that were ever in force, the newest last.</summary>
    public async Task<IReadOnlyList<PriceDescription>> ListPricesAsync(CancellationToken cancellationToken) =>
        await _transport.GetAsync("/v1/prices", FaasJson.Default.PriceDescriptionArray, cancellationToken);
}

/// <summary>Whose usage is meant, and of when.</summary>
/// <param name="From">The first moment that counts: a whole minute.</param>
/// <param name="To">The first moment after: a whole minute.</param>
public sealed record UsageScope(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Only this function.</summary>
    public string? Function { get; init; }

    /// <summary>Only functions of this namespace; empty for those without one.</summary>
    public string? Namespace { get; init; }

    internal string ToQuery() =>
        $"from={Time(From)}&to={Time(To)}"
        + (Function is null ? "" : "&function=" + Uri.EscapeDataString(Function))
        + (Namespace is null ? "" : "&namespace=" + Uri.EscapeDataString(Namespace));

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
