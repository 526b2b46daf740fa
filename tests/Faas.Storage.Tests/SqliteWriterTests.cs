namespace Faas.Storage.Tests;

public sealed class SqliteWriterTests : IAsyncLifetime
{
    private readonly StoreFolder _folder = new();
    private SqliteStore _store = null!;   // InitializeAsync runs before every test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await _folder.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_64_callers_write_while_the_writer_is_busy_shares_one_commit()
    {
        var (release, blocker) = await BlockWriterAsync();
        var writes = Enumerable.Range(0, 64).Select(i => _store.IngestAsync(new($"boot-{i}", 0, 0, 1), [Sample.Usage($"{i}")], Ct)).ToList();
        Assert.All(writes, write => Assert.False(write.IsCompleted));

        release.Set();
        await blocker;
        await Task.WhenAll(writes);

        Assert.Equal(2, _store.Writer.Commits);
        Assert.Equal(64, (await _store.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task A_failing_operation_fails_alone_and_leaves_nothing_of_itself()
    {
        var (release, blocker) = await BlockWriterAsync();
        var before = _store.SaveRevisionAsync(Sample.Revision("hello", "before"), Ct);
        var failing = _store.Writer.WriteAsync<int>(
            session =>
            {
                session.Execute("DELETE FROM revisions");
                throw new InvalidOperationException("on purpose");
            },
            Ct);
        var constraint = _store.Writer.WriteAsync(session => session.Execute("INSERT INTO functions VALUES ('x', 'none', 0)"), Ct);
        var after = _store.SaveRevisionAsync(Sample.Revision("hello", "after"), Ct);

        release.Set();
        await blocker;
        await before;
        Assert.Equal("on purpose", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => constraint);
        await after;

        Assert.Equal(2, _store.Writer.Commits);
        Assert.True(await _store.SetServingAsync("hello", "before", Sample.Noon, null, Ct));
        Assert.True(await _store.SetServingAsync("hello", "after", Sample.Noon, "before", Ct));
    }

    [Fact]
    public async Task When_the_whole_transaction_fails_every_caller_is_told_and_the_writer_goes_on()
    {
        var (release, blocker) = await BlockWriterAsync();
        var innocent = _store.SaveRevisionAsync(Sample.Revision("hello", "innocent"), Ct);
        // What a full disk does: SQLite itself rolls the whole transaction back, and then the statement fails.
        var fatal = _store.Writer.WriteAsync<int>(
            session =>
            {
                session.Execute("ROLLBACK");
                throw new IOException("disk full");
            },
            Ct);

        release.Set();
        await blocker;
        await Assert.ThrowsAsync<IOException>(() => fatal);
        await Assert.ThrowsAsync<IOException>(() => innocent);

        await _store.SaveRevisionAsync(Sample.Revision("hello", "next"), Ct);
        Assert.True(await _store.SetServingAsync("hello", "next", Sample.Noon, null, Ct));
        await Assert.ThrowsAsync<StoreException>(() => _store.SetServingAsync("hello", "innocent", Sample.Noon, "next", Ct));
    }

    [Fact]
    public async Task A_database_that_may_not_grow_refuses_the_write_and_works_again_when_it_may()
    {
        await _store.Writer.WriteAsync(session => session.Scalar("PRAGMA max_page_count = 1"), Ct);   // SQLITE_FULL, as a full disk gives it
        var batch = Enumerable.Range(0, 2000).Select(i => Sample.Usage($"{i}")).ToList();
        var exception = await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => _store.IngestAsync(new("boot", 0, 0, 1), batch, Ct));
        Assert.Equal(13, exception.SqliteErrorCode);

        await _store.Writer.WriteAsync(session => session.Scalar("PRAGMA max_page_count = 1000000"), Ct);
        await _store.IngestAsync(new("boot", 0, 0, 1), batch, Ct);
        Assert.Equal(2000, (await _store.TotalsAsync("hello", Ct)).Invocations);
    }

    [Fact]
    public async Task A_caller_that_goes_away_before_its_turn_writes_nothing()
    {
        var (release, blocker) = await BlockWriterAsync();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var write = _store.IngestAsync(new("boot", 0, 0, 1), [Sample.Usage("a")], gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);

        release.Set();
        await blocker;
        await _store.IngestAsync(new("other", 0, 0, 1), [Sample.Usage("b")], Ct);
        Assert.Equal("b", Assert.Single(await _store.ListAsync(null, null, 10, Ct)).InvocationId);
    }

    [Fact]
    public async Task Closing_finishes_the_writes_that_wait()
    {
        var (release, blocker) = await BlockWriterAsync();
        var writes = Enumerable.Range(0, 64).Select(i => _store.SaveRevisionAsync(Sample.Revision("hello", $"r{i}"), Ct)).ToList();
        var closing = _store.DisposeAsync();
        release.Set();
        await blocker;
        await closing;
        await Task.WhenAll(writes);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.SaveRevisionAsync(Sample.Revision("hello", "late"), Ct));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.ListServingAsync(Ct));
        _store = await _folder.OpenAsync();
        Assert.True(await _store.SetServingAsync("hello", "r63", Sample.Noon, null, Ct));
    }

    [Fact]
    public async Task Reads_go_on_while_a_write_is_under_way()
    {
        var (release, blocker) = await BlockWriterAsync();
        Assert.Empty(await _store.ListServingAsync(Ct));
        release.Set();
        await blocker;
    }

    /// <summary>Keeps the writer inside a transaction until the event is set, so that what is written meanwhile queues up.</summary>
    private async Task<(ManualResetEventSlim Release, Task Blocker)> BlockWriterAsync()
    {
        var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var blocker = _store.Writer.WriteAsync(
            _ =>
            {
                entered.SetResult();
                release.Wait(TimeSpan.FromMinutes(1));
                return 0;
            },
            Ct);
        await entered.Task.WaitAsync(Ct);
        return (release, blocker);
    }
}
