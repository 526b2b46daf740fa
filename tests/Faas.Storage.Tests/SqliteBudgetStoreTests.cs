using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage.Tests;

public sealed class SqliteBudgetStoreTests : BudgetStoreSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override IBudgetStore Store => _store.Budgets;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_saved_is_there_after_a_restart()
    {
        await Store.SaveAsync(Hello, Ct);
        await _store.DisposeAsync();
        _store = await _folder.OpenAsync();
        Assert.Equal(Hello, Assert.Single(await Store.ListAsync(Ct)));
    }

    [Fact]
    public async Task A_file_from_before_there_were_budgets_gets_their_table()
    {
        await _store.DisposeAsync();
        File.Delete(_folder.Database);
        await File.WriteAllBytesAsync(_folder.Database, [], Ct);
        using (var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWrite))
        {
            SqliteSchema.Migrate(session, _folder.Database, [.. SqliteSchema.Migrations.Take(6)]);
        }

        _store = await _folder.OpenAsync();
        await Store.SaveAsync(Hello, Ct);
        Assert.Single(await Store.ListAsync(Ct));
    }

    [Fact]
    public async Task A_deleted_function_keeps_its_budget_or_deploying_it_again_would_be_the_way_around_it()
    {
        await _store.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct);
        await _store.SetServingAsync("hello", "r1", Sample.Noon, null, Ct);
        await Store.SaveAsync(Hello, Ct);
        await _store.DeleteFunctionAsync("hello", Ct);
        Assert.Single(await Store.ListAsync(Ct));
    }
}
