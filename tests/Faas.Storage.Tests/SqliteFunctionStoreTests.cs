namespace Faas.Storage.Tests;

public sealed class SqliteFunctionStoreTests : FunctionStoreSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override IFunctionStore Store => _store;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Deleting_a_function_keeps_its_usage()
    {
        await _store.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct);
        await _store.SetServingAsync("hello", "r1", Sample.Noon, null, Ct);
        await _store.IngestAsync(new("boot", 0, 0, 48), [Sample.Usage("a")], Ct);
        await _store.DeleteFunctionAsync("hello", Ct);
        Assert.Equal(1, (await _store.TotalsAsync("hello", Ct)).Invocations);
        Assert.Single(await _store.ListAsync("hello", null, 10, Ct));
    }
}
