using Faas.WorkerProtocol;
using static Faas.Runtimes.Tests.SentAheadTests;

namespace Faas.Runtimes.Tests;

/// <summary>Invocations sent ahead that never begin: recalled, cancelled, given back by a worker that drains, or left by one that dies.</summary>
public sealed class SentAheadEndTests
{
    private static readonly string[] OneHoldsTwoWait = ["/hold", "/note/1", "/note/2"];

    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    public static TheoryData<string, int> RuntimesOfOneAndTwo => SharedFunction.WithConcurrency(1, 2);

    [Theory, MemberData(nameof(RuntimesOfOneAndTwo))]
    public async Task A_recall_gives_back_what_has_not_begun_while_handlers_run(string runtime, int concurrency)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency);
        using var shared = await worker.OpenSharedAsync();
        var streams = await shared.BeginAsync([.. Enumerable.Repeat(SharedFunction.To("/hold"), concurrency), .. OneHoldsTwoWait.Skip(1).Select(SharedFunction.To)]);
        await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "holding") == concurrency);

        await shared.RecallAsync(streams[0]);   // it has begun
        await AssertGivenBackAsync(shared, streams[^2]);

        worker.WriteCode("go", "");
        var answers = await ReadAsync(shared, concurrency + 1);
        Assert.All(answers.Take(concurrency), a => Assert.Equal("/hold", a.Answer!.Text));
        Assert.Equal(streams[^1], answers[^1].Stream);
        Assert.Equal(["/note/2"], SharedFunction.Begun(worker));
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_recall_of_one_that_came_after_the_handler_began_gives_it_back(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        var holds = await shared.BeginAsync(SharedFunction.To("/hold"));
        await worker.Control.WaitForLogAsync("holding");

        for (var round = 0; round < 3; round++)
        {
            await AssertGivenBackAsync(shared, await shared.BeginAsync(SharedFunction.To("/note/1") with { Body = "with a body"u8.ToArray() }));
        }

        worker.WriteCode("go", "");
        Assert.Equal(holds, (await shared.ReadAsync()).Stream);
        Assert.Empty(SharedFunction.Begun(worker));
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_recall_of_an_unknown_or_ended_invocation_is_ignored(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        Assert.Equal("/first", (await shared.InvokeAsync(SharedFunction.To("/first"))).Text);

        await shared.RecallAsync(1);
        await shared.RecallAsync(999);

        Assert.Equal("/second", (await shared.InvokeAsync(SharedFunction.To("/second"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task One_that_is_cancelled_before_its_turn_is_answered_at_once_and_never_begins(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        var streams = await shared.BeginAsync(OneHoldsTwoWait.Select(SharedFunction.To));
        await worker.Control.WaitForLogAsync("holding");

        await shared.CancelAsync(streams[1], CancelReason.CallerGone);

        var cancelled = await shared.ReadAsync();
        Assert.Equal((streams[1], 0), (cancelled.Stream, cancelled.Answer!.Status));
        Assert.NotEqual(EndOutcome.Completed, cancelled.Answer.End.Outcome);
        worker.WriteCode("go", "");
        Assert.Equal([streams[0], streams[2]], (await ReadAsync(shared, 2)).Select(a => a.Stream));
        Assert.Equal(["/note/2"], SharedFunction.Begun(worker));
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_worker_told_to_shut_down_gives_back_what_has_not_begun_and_answers_what_runs(string runtime) =>
        await DrainAsync(runtime, worker => worker.Control.ShutdownAsync(600_000));

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_worker_told_to_end_by_a_signal_gives_back_what_has_not_begun_and_answers_what_runs(string runtime) =>
        await DrainAsync(runtime, worker => worker.SignalAsync("TERM"));

    [Theory, MemberData(nameof(Runtimes))]
    public async Task When_the_connection_closes_what_has_not_begun_never_does(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using (var shared = await worker.OpenSharedAsync())
        {
            await shared.BeginAsync(OneHoldsTwoWait.Select(SharedFunction.To));
            await worker.Control.WaitForLogAsync("holding");
        }

        // What came after the end of the first connection is answered, so that end has been seen: a busy worker might else find what it waits for first, and may then begin the next one.
        using var next = await worker.OpenSharedAsync();
        Assert.Equal("/fine", (await next.InvokeAsync(SharedFunction.To("/fine"))).Text);
        worker.WriteCode("go", "");
        Assert.Equal("/fine", (await next.InvokeAsync(SharedFunction.To("/fine"))).Text);
        await worker.SignalAsync("TERM");
        Assert.Equal(0, await worker.ExitCodeAsync());   // when all has ended that was counted as running
        Assert.Empty(SharedFunction.Begun(worker));
    }

    [Theory, MemberData(nameof(RuntimesOfOneAndTwo))]
    public async Task When_the_worker_dies_the_ends_received_say_what_had_not_begun(string runtime, int concurrency)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency);
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 20; round++)
        {
            Assert.Equal("/quick", (await shared.InvokeAsync(SharedFunction.To("/quick"))).Text);   // then answers are gathered where they may be
        }

        string[] paths = [.. Enumerable.Repeat("/hold", concurrency - 1), "/a", "/b", "/die", "/note/1", "/note/2"];
        var open = (await shared.BeginAsync(paths.Select(SharedFunction.To))).Zip(paths).ToList();
        await Assert.ThrowsAsync<WorkerClosedException>(async () =>
        {
            while (true)
            {
                var ended = await shared.ReadAsync();
                open.RemoveAll(i => i.First == ended.Stream);
            }
        });

        // Whatever has so many before it as may run, all without an End, had not begun.
        Assert.Equal(paths.Take(concurrency - 1).Append("/die"), open.Take(concurrency).Select(i => i.Second));
        Assert.Empty(SharedFunction.Begun(worker));
    }

    private static async Task DrainAsync(string runtime, Func<WorkerHarness, Task> drainAsync)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        var streams = await shared.BeginAsync(OneHoldsTwoWait.Select(SharedFunction.To));
        await worker.Control.WaitForLogAsync("holding");

        await drainAsync(worker);

        AssertRefused(streams[1], await shared.ReadAsync());
        AssertRefused(streams[2], await shared.ReadAsync());
        worker.WriteCode("go", "");
        Assert.Equal((streams[0], "/hold"), await shared.ReadAsync() is var ended ? (ended.Stream, ended.Answer!.Text) : default);
        Assert.Equal(0, await worker.ExitCodeAsync());
        Assert.Empty(SharedFunction.Begun(worker));
    }
}
