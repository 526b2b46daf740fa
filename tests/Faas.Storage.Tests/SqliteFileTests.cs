using Faas.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Faas.Storage.Tests;

public sealed class SqliteFileTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_closed_store_is_one_private_file()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct);
            Assert.All(Directory.GetFiles(_folder.Path), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        }

        Assert.Equal([_folder.Database], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task The_writer_is_durable_and_checks_references()
    {
        await using var store = await _folder.OpenAsync();
        Assert.Equal("wal", await store.Writer.WriteAsync(session => session.Scalar("PRAGMA journal_mode"), Ct));
        Assert.Equal(2L, await store.Writer.WriteAsync(session => session.Scalar("PRAGMA synchronous"), Ct));
        Assert.Equal(1L, await store.Writer.WriteAsync(session => session.Scalar("PRAGMA foreign_keys"), Ct));
    }

    [Fact]
    public async Task What_was_written_is_there_after_opening_again()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.IngestAsync(new("boot", 0, 0, 1), [Sample.Usage("a")], Ct);
        }

        await using var again = await _folder.OpenAsync();
        Assert.Single(await again.ListAsync(null, null, 10, Ct));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_left_alone()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        using (var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWrite))
        {
            session.Execute("PRAGMA user_version = 99");
        }

        var exception = await Assert.ThrowsAsync<StoreException>(_folder.OpenAsync);
        Assert.Equal(StoreFailure.NewerSchema, exception.Failure);
        Assert.Contains("version 99", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_database_is_migrated_step_by_step_and_keeps_its_content()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct);
        }

        using var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWrite);
        IReadOnlyList<string> newer = [.. SqliteSchema.Migrations, "ALTER TABLE revisions ADD COLUMN note TEXT NOT NULL DEFAULT 'old'", "CREATE TABLE more (id INTEGER)"];
        SqliteSchema.Migrate(session, _folder.Database, newer);
        Assert.Equal("old", session.Scalar("SELECT note FROM revisions"));
        Assert.Equal((long)newer.Count, session.Scalar("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_version_before_it()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        using var session = SqliteSession.Open(_folder.Database, SqliteOpenMode.ReadWrite);
        IReadOnlyList<string> broken = [.. SqliteSchema.Migrations, "CREATE TABLE half (id INTEGER); SELECT * FROM missing"];
        Assert.Throws<SqliteException>(() => SqliteSchema.Migrate(session, _folder.Database, broken));
        Assert.Equal((long)SqliteSchema.Migrations.Count, session.Scalar("PRAGMA user_version"));
        Assert.Equal(0L, session.Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'half'"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_with_what_to_do()
    {
        await File.WriteAllTextAsync(_folder.Database, new string('x', 10_000), Ct);
        var exception = await Assert.ThrowsAsync<StoreException>(_folder.OpenAsync);
        Assert.Equal(StoreFailure.Damaged, exception.Failure);
        Assert.Contains("move", exception.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Database, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_in_the_middle_of_the_file_is_told_when_it_is_met()
    {
        List<long> roots;
        await using (var store = await _folder.OpenAsync())
        {
            await store.IngestAsync(new("boot", 0, 0, 1), [.. Enumerable.Range(0, 500).Select(i => Sample.Usage($"{i}"))], Ct);
            roots = await store.Writer.WriteAsync(session => session.Query("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0", row => row.GetInt64(0)), Ct);
        }

        using (var file = File.OpenWrite(_folder.Database))
        {
            foreach (var page in roots)   // every table and index; the pages that have the schema itself stay whole
            {
                file.Seek((page - 1) * 4096, SeekOrigin.Begin);
                file.Write(Enumerable.Repeat((byte)0xA5, 4096).ToArray());
            }
        }

        await using var damaged = await _folder.OpenAsync();
        Assert.Equal(StoreFailure.Damaged, (await Assert.ThrowsAsync<StoreException>(() => damaged.ListAsync(null, null, 10, Ct))).Failure);
        Assert.Equal(
            StoreFailure.Damaged, (await Assert.ThrowsAsync<StoreException>(() => damaged.SaveRevisionAsync(Sample.Revision("hello", "r1"), Ct))).Failure);
    }

    [Fact]
    public async Task A_path_that_cannot_be_a_file_is_refused_with_what_to_do()
    {
        Directory.CreateDirectory(_folder.Database);
        Assert.Equal(StoreFailure.CannotOpen, (await Assert.ThrowsAsync<StoreException>(_folder.OpenAsync)).Failure);

        var belowFile = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(belowFile, "", Ct);
        var exception = await Assert.ThrowsAsync<StoreException>(() => SqliteStore.OpenAsync(Path.Combine(belowFile, "faas.db"), "USD", Ct));
        Assert.Equal(StoreFailure.CannotOpen, exception.Failure);
    }
}
