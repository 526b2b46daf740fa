namespace Faas.Storage.Tests;

public sealed class SqliteInvocationQueueTests : InvocationQueueSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override IInvocationQueue Queue => _store.Queue;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private protected override async Task<IReadOnlyList<string>> BilledAsync() =>
        [.. (await _store.ListAsync(null, null, 100, Ct)).Select(record => record.InvocationId)];
}
