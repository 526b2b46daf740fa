namespace Faas.Storage.Tests;

public sealed class SqliteSecretStoreTests : SecretStoreSuite, IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private protected override ISecretStore Store => _store.Secrets(SecretKey.ReadOrCreate(KeyFile));

    private string KeyFile => Path.Combine(_folder.Path, "secrets.key");

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_set_is_there_after_a_restart()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        await _store.DisposeAsync();
        _store = await _folder.OpenAsync();
        Assert.Equal("one", await Store.FindAsync("TOKEN", Ct));
    }

    [Fact]
    public async Task No_file_but_the_key_s_has_anything_that_opens_a_secret()
    {
        await Store.SetAsync("TOKEN", "a-very-secret-value", Sample.Noon, Ct);
        await _store.DisposeAsync();
        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            Assert.True((await File.ReadAllBytesAsync(file, Ct)).AsSpan().IndexOf("a-very-secret-value"u8) < 0, file);
        }

        var key = Convert.FromBase64String(await File.ReadAllTextAsync(KeyFile, Ct));
        Assert.True((await File.ReadAllBytesAsync(_folder.Database, Ct)).AsSpan().IndexOf(key) < 0);
        _store = await _folder.OpenAsync();
    }

    [Fact]
    public async Task A_lost_key_is_told_with_what_to_do_and_the_secret_can_be_set_anew()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        File.Delete(KeyFile);
        var failure = await Assert.ThrowsAsync<StoreException>(() => Store.FindAsync("TOKEN", Ct));
        Assert.Equal(StoreFailure.WrongKey, failure.Failure);
        Assert.Contains(KeyFile, failure.Message, StringComparison.Ordinal);
        Assert.Contains("faas secret set TOKEN", failure.Message, StringComparison.Ordinal);
        Assert.Contains("another key", Assert.Single(await Store.ListAsync(Ct)).Problem, StringComparison.Ordinal);
        await Store.SetAsync("TOKEN", "two", Sample.Noon, Ct);
        Assert.Equal("two", await Store.FindAsync("TOKEN", Ct));
        Assert.Null(Assert.Single(await Store.ListAsync(Ct)).Problem);
    }

    [Fact]
    public async Task A_key_that_is_put_back_opens_what_it_has_sealed()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        File.Move(KeyFile, KeyFile + ".copy");
        await Assert.ThrowsAsync<StoreException>(() => Store.FindAsync("TOKEN", Ct));
        File.Move(KeyFile + ".copy", KeyFile, overwrite: true);
        Assert.Equal("one", await Store.FindAsync("TOKEN", Ct));
    }

    [Fact]
    public async Task An_envelope_that_is_moved_to_another_name_does_not_open()
    {
        await Store.SetAsync("TOKEN", "one", Sample.Noon, Ct);
        await Store.SetAsync("OTHER", "two", Sample.Noon, Ct);
        await _store.Writer.WriteAsync(session => session.Execute("UPDATE secrets SET envelope = (SELECT envelope FROM secrets WHERE name = 'TOKEN') WHERE name = 'OTHER'"), Ct);
        var failure = await Assert.ThrowsAsync<StoreException>(() => Store.FindAsync("OTHER", Ct));
        Assert.Equal(StoreFailure.Damaged, failure.Failure);
        Assert.Contains("faas secret set OTHER", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_that_holds_no_key_is_refused_and_left_alone()
    {
        foreach (var text in (string[])["", "not base64!", Convert.ToBase64String(new byte[16]), Convert.ToBase64String(new byte[33])])
        {
            await File.WriteAllTextAsync(KeyFile, text, Ct);
            var failure = Assert.Throws<StoreException>(() => SecretKey.ReadOrCreate(KeyFile));
            Assert.Equal(StoreFailure.WrongKey, failure.Failure);
            Assert.Contains(KeyFile, failure.Message, StringComparison.Ordinal);
            Assert.Equal(text, await File.ReadAllTextAsync(KeyFile, Ct));
        }
    }

    [Fact]
    public void A_new_key_is_its_owner_s_alone_also_when_a_start_was_cut_off()
    {
        File.WriteAllText(KeyFile + ".new", "half");
        SecretKey.ReadOrCreate(KeyFile);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.False(File.Exists(KeyFile + ".new"));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_that_names_the_file()
    {
        var failure = Assert.Throws<StoreException>(() => SecretKey.ReadOrCreate(Path.Combine(_folder.Path, "none", "secrets.key")));
        Assert.Equal(StoreFailure.CannotOpen, failure.Failure);
        Assert.Contains("none/secrets.key", failure.Message, StringComparison.Ordinal);
    }
}
