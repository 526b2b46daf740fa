namespace Faas.Storage.Tests;

public sealed class SqliteUsageLedgerTests : UsageLedgerSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override IUsageLedger Ledger => _store;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }
}
