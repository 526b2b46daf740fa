using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests;

public sealed class SqlitePriceStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Prices_get_one_number_after_the_other_and_are_kept()
    {
        await using (var store = await _folder.OpenAsync())
        {
            Assert.Empty(await store.Prices.ListAsync(Ct));
            Assert.Equal(1, await store.Prices.AddAsync(Noon, "{\"a\":1}", Ct));
        }

        await using var again = await _folder.OpenAsync();
        Assert.Equal(2, await again.Prices.AddAsync(Noon.AddDays(1), "{\"a\":2}", Ct));
        Assert.Equal([new StoredPrices(1, Noon, "{\"a\":1}"), new StoredPrices(2, Noon.AddDays(1), "{\"a\":2}")], await again.Prices.ListAsync(Ct));
    }
}
