using Faas.Contracts.Api;
using Faas.Controller.Metering;
using Faas.Storage;

namespace Faas.Controller.Tests.Metering;

/// <summary>Price books for tests that are about something else: over a store's table that is in memory only.</summary>
internal static class PriceBooks
{
    /// <summary>The default prices, as version 1.</summary>
    public static PriceBook Default() => Of(new PriceTable().ToTerms());

    public static PriceBook Of(PriceTerms terms) => PriceBook.OpenAsync(new InMemory(), terms, hasCosts: false, TimeProvider.System, CancellationToken.None).GetAwaiter().GetResult();

    private sealed class InMemory : IPriceStore
    {
        private readonly List<StoredPrices> _prices = [];

        public Task<IReadOnlyList<StoredPrices>> ListAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<StoredPrices>>(_prices);

        public Task<int> AddAsync(DateTimeOffset since, string terms, CancellationToken ct)
        {
            _prices.Add(new StoredPrices(_prices.Count + 1, since, terms));
            return Task.FromResult(_prices.Count);
        }
    }
}
