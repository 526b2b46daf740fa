using System.Collections.Concurrent;
using Faas.Contracts.Invocations;
using Faas.Storage.Redis;
using static Faas.Storage.Tests.QueueSample;
using static Faas.Storage.Tests.Sample;

namespace Faas.Storage.Tests.Redis;

public sealed class RedisCrashTests : IAsyncLifetime
{
    private const int Writers = 16;
    private const int AcknowledgedPerRound = 400;

    private readonly RedisServer _server = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RedisServer.Require();
        await _server.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_torn_when_Redis_is_killed_in_the_middle_of_writes()
    {
        var options = _server.NewOptions();
        await using var queue = await RedisQueue.ConnectAsync(options, Ct);
        var accepted = new ConcurrentBag<string>();
        var ended = new ConcurrentBag<string>();
        for (var round = 0; round < 3; round++)
        {
            await WriteAndKillAsync(queue, $"round{round}", accepted, ended);
            await _server.StartAsync();
            await using var after = await RedisQueue.ConnectAsync(options, Ct);
            await AssertKeptAsync(after, accepted, ended);
            await Eventually.HoldsAsync("the connection is back", () => IsBackAsync(queue));
        }
    }

    // Redis cuts such a file only inside of the transaction, adds further ones behind what is left of it, and takes that for a part of them when it starts again.
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    public async Task What_a_crash_cut_off_while_it_was_written_is_not_applied_in_part_at_the_start_after_the_next(int cut)
    {
        var options = _server.NewOptions();
        await using (var queue = await RedisQueue.ConnectAsync(options, Ct))
        {
            await queue.EnqueueAsync(Entry("a"), Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
            var follow = Entry("follows") with { Lane = "deliveries" };
            await queue.EndAsync(End(new ClaimKey("a", 1), InvocationState.Succeeded) with { Usage = Usage("a"), Follow = [(follow, Body("y"))] }, Ct);
            await _server.KillAsync();
            _server.CutAppendOnlyFile(cut);
            await _server.StartAsync();

            // The connection is made again by itself, and what it does first must not be behind the rest.
            await Eventually.HoldsAsync("an operation works again", () => IsBackAsync(queue));
            await queue.EnqueueAsync(Entry("b"), Body("x"), null, Ct);
        }

        await _server.KillAsync();
        await _server.StartAsync();
        await using var after = await RedisQueue.ConnectAsync(options, Ct);
        Assert.Equal(["b"], await IdsAsync(after, InvocationState.Queued));
        Assert.Equal(["a"], await IdsAsync(after, InvocationState.Running));
        Assert.Empty(await IdsAsync(after, InvocationState.Succeeded));
        Assert.Empty((await after.Outbox.ReadAsync(10, Ct)).Records);
        Assert.Equal([new Backlog("hello", 1, 1, Noon)], await after.BacklogAsync(Ct));
    }

    private static async Task AssertKeptAsync(RedisQueue queue, IReadOnlyCollection<string> accepted, IReadOnlyCollection<string> ended)
    {
        var waiting = await IdsAsync(queue, InvocationState.Queued);
        var running = await IdsAsync(queue, InvocationState.Running);
        var succeeded = await IdsAsync(queue, InvocationState.Succeeded);
        Assert.Subset(waiting.Concat(running).Concat(succeeded).ToHashSet(), accepted.ToHashSet());
        Assert.Subset(succeeded, ended.ToHashSet());

        // Written but not acknowledged is allowed; one part of a change without the others is not.
        var billed = (await queue.Outbox.ReadAsync(100_000, Ct)).Records.Select(record => record.InvocationId).ToHashSet();
        Assert.Empty(succeeded.Except(billed));
        Assert.Empty(billed.Except(succeeded));
        Assert.Equal(succeeded.Select(id => id + "-follows").ToHashSet(), waiting);
        var backlog = await queue.BacklogAsync(Ct);
        Assert.Equal((waiting.Count, running.Count), (backlog.Sum(lane => lane.Waiting), backlog.Sum(lane => lane.Running)));
    }

    private static async Task<HashSet<string>> IdsAsync(RedisQueue queue, InvocationState state)
    {
        var ids = new HashSet<string>();
        IReadOnlyList<QueuedInvocation> page;
        string? last = null;
        do
        {
            page = await queue.ListAsync(state, null, last, 1000, Ct);
            Assert.All(page, entry => Assert.Equal(state, entry.State));
            Assert.All(page, entry => Assert.True(ids.Add(entry.Entry.Id), entry.Entry.Id));
            last = page.Count > 0 ? page[^1].Entry.Id : last;
        }
        while (page.Count > 0);
        return ids;
    }

    private static async Task<bool> IsBackAsync(RedisQueue queue)
    {
        try
        {
            await queue.BacklogAsync(Ct);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private async Task WriteAndKillAsync(RedisQueue queue, string round, ConcurrentBag<string> accepted, ConcurrentBag<string> ended)
    {
        var isEnough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var acknowledged = 0;
        var writers = Enumerable.Range(0, Writers).Select(async writer =>
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    var id = $"{round}-{writer}-{i}";
                    await queue.EnqueueAsync(Entry(id), Body("x"), LeaseUntil(Noon.AddSeconds(30)), Ct);
                    accepted.Add(id);
                    var follow = Entry(id + "-follows") with { Lane = "deliveries" };
                    var end = End(new ClaimKey(id, 1), InvocationState.Succeeded) with { Usage = Usage(id), Follow = [(follow, Body("y"))] };
                    Assert.True(await queue.EndAsync(end, Ct));
                    ended.Add(id);
                    if (Interlocked.Increment(ref acknowledged) == AcknowledgedPerRound)
                    {
                        isEnough.SetResult();
                    }
                }
            }
            catch (StoreException exception) when (exception.Failure == StoreFailure.Unreachable)
            {
                // killed
            }
        }).ToList();
        await isEnough.Task.WaitAsync(Eventually.Deadline, Ct);
        await _server.KillAsync();
        await Task.WhenAll(writers).WaitAsync(Eventually.Deadline, Ct);
    }
}
