namespace Faas.Storage.Tests;

public sealed class SqliteTriggerStoreTests : TriggerStoreSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override ITriggerStore Store => _store.Triggers;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_there_after_a_restart()
    {
        await Store.SetPausedAsync(new TriggerKey("hello/nightly", "hello"), true, "{}", Sample.Noon, Ct);
        await _store.DisposeAsync();
        _store = await _folder.OpenAsync();
        Assert.True(Assert.Single(await Store.LoadAsync(Ct)).IsPaused);
    }

    [Fact]
    public async Task A_functions_deletion_takes_its_triggers_along()
    {
        await _store.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct);
        await _store.SetServingAsync("hello", "r1", Sample.Noon, null, Ct);
        await Store.SaveStateAsync(new TriggerKey("hello/nightly", "hello"), "{}", Sample.Noon, Ct);
        await Store.SaveStateAsync(new TriggerKey("other/nightly", "other"), "{}", Sample.Noon, Ct);
        await _store.DeleteFunctionAsync("hello", Ct);
        Assert.Equal("other/nightly", Assert.Single(await Store.LoadAsync(Ct)).Key.Id);
    }
}
