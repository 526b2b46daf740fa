using Faas.Contracts.Invocations;
using Faas.Storage.Redis;
using static Faas.Storage.Tests.QueueSample;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests.Redis;

/// <summary>What happens when Redis is not there, or not as it must be. Each test has a server of its own, because it does things to it.</summary>
public sealed class RedisConnectionTests : IAsyncLifetime
{
    // Far above what a failure at once takes on a busy machine, and far below the timeout of the options, so that it cannot be that.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly RedisServer _server = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RedisServer.Require();
        await _server.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task While_Redis_is_down_everything_fails_at_once_and_it_works_again_when_it_is_back()
    {
        await using var queue = await ConnectAsync();
        await queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct);
        await _server.KillAsync();

        Func<Task>[] operations =
        [
            () => queue.EnqueueAsync(Entry("b"), Body("x"), null, Ct),
            () => queue.ClaimAsync("hello", 1, Noon, LeaseUntil(Noon), Ct),
            () => queue.EndAsync(End(new ClaimKey("a", 1), InvocationState.Succeeded), Ct),
            () => queue.FindAsync("a", Ct),
            () => queue.FindAnswerAsync("a", Ct),
            () => queue.DeadLettersAsync(Ct),
            () => queue.Outbox.ReadAsync(1, Ct),
        ];
        foreach (var operation in operations)
        {
            AssertUnreachable(await Assert.ThrowsAsync<StoreException>(() => operation().WaitAsync(AtOnce, Ct)));
        }

        await _server.StartAsync();
        await Eventually.HoldsAsync("an operation works again", () => WorksAsync(queue));
        Assert.Equal("a", Assert.Single((await queue.ClaimAsync("hello", 10, Noon, LeaseUntil(Noon), Ct)).Entries).Entry.Id);   // and b was kept nowhere
    }

    [Fact]
    public async Task A_Redis_that_still_reads_its_files_is_waited_for()
    {
        await _server.ExecuteAsync("EVAL", "for i = 1, 4000 do redis.call('SET', 'k' .. i, i) end", 0);
        await _server.KillAsync();
        await _server.StartSlowlyAsync();
        await using var queue = await ConnectAsync();
        Assert.Equal(AcceptanceOutcome.Accepted, (await queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct)).Outcome);
        Assert.Contains("4000", await _server.KeysAsync("k"));
    }

    [Fact]
    public async Task What_waits_for_an_answer_when_Redis_is_killed_fails_at_once()
    {
        await using var queue = await ConnectAsync();
        await _server.SignalAsync("STOP");
        var waiting = Enumerable.Range(0, 16).Select(i => queue.EnqueueAsync(Entry($"id{i}"), Body("x"), null, Ct)).ToList();
        Assert.DoesNotContain(waiting, operation => operation.IsCompleted);
        await _server.KillAsync();
        foreach (var operation in waiting)
        {
            AssertUnreachable(await Assert.ThrowsAsync<StoreException>(() => operation.WaitAsync(AtOnce, Ct)));
        }
    }

    [Fact]
    public async Task While_Redis_hangs_operations_fail_at_their_timeout_and_may_be_repeated()
    {
        var options = _server.NewOptions();
        options.Timeout = TimeSpan.FromMilliseconds(500);
        await using var queue = await RedisQueue.ConnectAsync(options, Ct);
        await _server.SignalAsync("STOP");
        AssertUnreachable(await Assert.ThrowsAsync<StoreException>(() => queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct).WaitAsync(AtOnce, Ct)));

        await _server.SignalAsync("CONT");
        await Eventually.HoldsAsync("an operation works again", () => WorksAsync(queue));
        Assert.Equal(new Acceptance(AcceptanceOutcome.Accepted, "a"), await queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct));   // Redis had read the first one
        Assert.Single((await queue.ClaimAsync("hello", 10, Noon, LeaseUntil(Noon), Ct)).Entries);
    }

    [Fact]
    public async Task A_cancelled_operation_does_not_wait_for_Redis()
    {
        await using var queue = await ConnectAsync();
        await _server.SignalAsync("STOP");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var waiting = queue.FindAsync("a", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(AtOnce, Ct));
        await _server.SignalAsync("CONT");
    }

    [Fact]
    public async Task What_cannot_be_connected_to_is_told_at_the_start()
    {
        var options = _server.NewOptions();
        options.Timeout = TimeSpan.FromMilliseconds(500);   // StackExchange.Redis waits that long also when it is refused
        await _server.KillAsync();
        var exception = await Assert.ThrowsAsync<StoreException>(() => RedisQueue.ConnectAsync(options, Ct));
        AssertUnreachable(exception);
        Assert.Contains("Start it", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "{faas}:")]
    [InlineData("localhost:6379,colour=red", "{faas}:")]
    [InlineData("localhost:6379", "faas:")]
    [InlineData("localhost:6379", "{}faas:")]
    public async Task Wrong_options_are_told_at_the_start(string servers, string prefix)
    {
        var options = new RedisQueueOptions { Servers = servers, Prefix = prefix };
        Assert.Equal(StoreFailure.CannotOpen, (await Assert.ThrowsAsync<StoreException>(() => RedisQueue.ConnectAsync(options, Ct))).Failure);
    }

    [Fact]
    public async Task A_wrong_password_is_told_at_the_start_and_not_shown()
    {
        var options = _server.NewOptions();
        await _server.ExecuteAsync("CONFIG", "SET", "requirepass", "right");
        options.Servers += ",password=secret";
        var exception = await Assert.ThrowsAsync<StoreException>(() => RedisQueue.ConnectAsync(options, Ct));
        Assert.Contains("password", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_Redis_refuses_whole_operations()
    {
        await using var queue = await ConnectAsync();
        await queue.EnqueueAsync(Entry("a"), Body("x"), LeaseUntil(Noon), Ct);
        await _server.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        var end = End(new ClaimKey("a", 1), InvocationState.Succeeded) with { Usage = Usage("a") };
        Assert.Equal(StoreFailure.Refused, (await Assert.ThrowsAsync<StoreException>(() => queue.EnqueueAsync(Entry("b"), Body("x"), null, Ct))).Failure);
        Assert.Equal(StoreFailure.Refused, (await Assert.ThrowsAsync<StoreException>(() => queue.EndAsync(end, Ct))).Failure);

        await _server.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.Null(await queue.FindAsync("b", Ct));
        Assert.True(await queue.EndAsync(end, Ct));
        Assert.Single((await queue.Outbox.ReadAsync(10, Ct)).Records);
    }

    [Fact]
    public async Task A_replica_refuses()
    {
        await using var queue = await ConnectAsync();
        await _server.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        Assert.Equal(StoreFailure.Refused, (await Assert.ThrowsAsync<StoreException>(() => queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct))).Failure);

        await using var other = await ConnectAsync();
        await Assert.ThrowsAsync<StoreException>(() => other.EnqueueAsync(Entry("a"), Body("x"), null, Ct));
    }

    [Fact]
    public async Task Settings_that_lose_what_was_accepted_are_warned_of()
    {
        Assert.Empty(await WarningsAsync());
        await _server.ExecuteAsync("CONFIG", "SET", "appendfsync", "everysec");
        Assert.StartsWith("appendfsync is everysec", Assert.Single(await WarningsAsync()), StringComparison.Ordinal);
        await _server.ExecuteAsync("CONFIG", "SET", "appendfsync", "no");
        Assert.StartsWith("appendfsync is no", Assert.Single(await WarningsAsync()), StringComparison.Ordinal);
        await _server.ExecuteAsync("CONFIG", "SET", "appendonly", "no");
        await _server.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        Assert.Collection(
            await WarningsAsync(),
            warning => Assert.StartsWith("appendonly is off", warning, StringComparison.Ordinal),
            warning => Assert.StartsWith("maxmemory-policy is allkeys-lru", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Redis_that_does_not_tell_its_settings_or_rewrite_its_file_works_with_warnings()
    {
        await _server.ExecuteAsync("ACL", "SETUSER", "faas", "on", ">right", "~*", "&*", "+@all", "-config", "-bgrewriteaof");
        var options = _server.NewOptions();
        options.Servers += ",user=faas,password=right";
        await using var queue = await RedisQueue.ConnectAsync(options, Ct);
        Assert.Collection(
            queue.Warnings,
            warning => Assert.Contains("could not rewrite its append-only file", warning, StringComparison.Ordinal),
            warning => Assert.Contains("cannot be checked", warning, StringComparison.Ordinal));
        Assert.Equal(AcceptanceOutcome.Accepted, (await queue.EnqueueAsync(Entry("a"), Body("x"), null, Ct)).Outcome);
    }

    private static void AssertUnreachable(StoreException exception)
    {
        Assert.Equal(StoreFailure.Unreachable, exception.Failure);
        Assert.Contains("is not reachable", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> WorksAsync(RedisQueue queue)
    {
        try
        {
            await queue.FindAsync("a", Ct);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private Task<RedisQueue> ConnectAsync() => RedisQueue.ConnectAsync(_server.NewOptions(), Ct);

    private async Task<IReadOnlyList<string>> WarningsAsync()
    {
        await using var queue = await ConnectAsync();
        return queue.Warnings;
    }
}
