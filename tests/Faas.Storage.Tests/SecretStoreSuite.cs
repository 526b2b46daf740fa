using System.Text;

namespace Faas.Storage.Tests;

/// <summary>What every <see cref="ISecretStore"/> must do.</summary>
public abstract class SecretStoreSuite
{
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract ISecretStore Store { get; }

    [Fact]
    public async Task A_new_store_knows_no_secret()
    {
        Assert.Empty(await Store.ListAsync(Ct));
        Assert.Null(await Store.FindAsync("TOKEN", Ct));
    }

    [Fact]
    public async Task The_value_set_last_is_found_and_only_its_name_and_time_are_listed()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        await Store.SetAsync("TOKEN", "grüß \"dich\"\n", Sample.Noon.AddSeconds(1), Ct);
        await Store.SetAsync("OTHER", "two", Sample.Noon, Ct);
        Assert.Equal("grüß \"dich\"\n", await Store.FindAsync("TOKEN", Ct));
        Assert.Equal([new StoredSecret("OTHER", Sample.Noon, null), new StoredSecret("TOKEN", Sample.Noon.AddSeconds(1), null)], await Store.ListAsync(Ct));
    }

    [Fact]
    public async Task Names_of_other_case_are_other_secrets()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        Assert.Null(await Store.FindAsync("token", Ct));
    }

    [Fact]
    public async Task A_deleted_secret_is_gone_and_the_others_are_not()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        await Store.SetAsync("OTHER", "two", Sample.Noon, Ct);
        Assert.True(await Store.DeleteAsync("TOKEN", Ct));
        Assert.False(await Store.DeleteAsync("TOKEN", Ct));
        Assert.Null(await Store.FindAsync("TOKEN", Ct));
        Assert.Equal("two", await Store.FindAsync("OTHER", Ct));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    public async Task The_shortest_and_the_longest_value_come_back_whole(int length)
    {
        var value = new string('x', length);
        await Store.SetAsync("TOKEN", value, Sample.Noon, Ct);
        Assert.Equal(value, await Store.FindAsync("TOKEN", Ct));
    }

    [Theory]
    [InlineData("TOKEN", 0)]
    [InlineData("TOKEN", (64 * 1024) + 1)]
    [InlineData("1TOKEN", 1)]
    [InlineData("A-B", 1)]
    [InlineData("", 1)]
    public async Task What_is_no_secret_is_not_taken(string name, int length)
    {
        var value = Encoding.ASCII.GetString(Enumerable.Repeat((byte)'x', length).ToArray());
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SetAsync(name, value, Sample.Noon, Ct));
    }
}
