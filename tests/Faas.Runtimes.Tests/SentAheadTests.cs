using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>More invocations on a shared connection than the concurrency: which of them run, and when the others begin.</summary>
public sealed class SentAheadTests
{
    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    public static TheoryData<string, int> RuntimesOfOneAndTwo => SharedFunction.WithConcurrency(1, 2);

    [Theory, MemberData(nameof(RuntimesOfOneAndTwo))]
    public async Task Never_more_run_at_a_time_than_the_concurrency_and_they_begin_in_order(string runtime, int concurrency)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency);
        using var shared = await worker.OpenSharedAsync();
        var paths = Enumerable.Range(0, 24).Select(n => $"/note/{n}").ToList();

        await shared.BeginAsync(paths.Take(16).Select(SharedFunction.To));
        foreach (var path in paths.Skip(16))
        {
            await shared.BeginAsync(SharedFunction.To(path));
        }

        var answers = await ReadAsync(shared, paths.Count);
        Assert.All(answers, a => Assert.InRange(int.Parse(a.Answer!.Text, null), 1, concurrency));
        if (concurrency == 1)
        {
            Assert.Equal(paths, SharedFunction.Begun(worker));
            Assert.Equal(answers.Select(a => a.Stream).Order(), answers.Select(a => a.Stream));
        }
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task Those_held_back_begin_in_order_one_for_each_that_ends(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 2);
        using var shared = await worker.OpenSharedAsync();
        string[] notes = [.. Enumerable.Range(0, 8).Select(n => $"/note/{n}")];

        var streams = await shared.BeginAsync(notes.Prepend("/hold").Select(SharedFunction.To));

        // All pass through the one place that is left.
        Assert.Equal(streams.Skip(1), (await ReadAsync(shared, notes.Length)).Select(a => a.Stream));
        Assert.Equal(notes, SharedFunction.Begun(worker));
        worker.WriteCode("go", "");
        Assert.Equal("/hold", (await shared.ReadAsync()).Answer!.Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task The_end_of_one_leaves_before_the_next_begins(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 20; round++)
        {
            Assert.Equal("/quick", (await shared.InvokeAsync(SharedFunction.To("/quick"))).Text);   // a function that is known to be quick
        }

        await shared.BeginAsync([SharedFunction.To("/first"), SharedFunction.To("/second"), SharedFunction.To("/hold"), SharedFunction.To("/last")]);

        // The third waits for a file that comes only when both answers have.
        Assert.Equal("/first", (await shared.ReadAsync()).Answer!.Text);
        Assert.Equal("/second", (await shared.ReadAsync()).Answer!.Text);
        worker.WriteCode("go", "");
        Assert.Equal("/hold", (await shared.ReadAsync()).Answer!.Text);
        Assert.Equal("/last", (await shared.ReadAsync()).Answer!.Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task One_that_fails_lets_the_next_begin(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();

        var streams = await shared.BeginAsync([SharedFunction.To("/fail"), SharedFunction.To("/note/1"), SharedFunction.To("/fail"), SharedFunction.To("/note/2")]);

        var answers = await ReadAsync(shared, 4);
        Assert.Equal(streams, answers.Select(a => a.Stream));
        Assert.Equal([EndOutcome.Failed, EndOutcome.Completed, EndOutcome.Failed, EndOutcome.Completed], answers.Select(a => a.Answer!.End.Outcome));
        Assert.Equal(["/note/1", "/note/2"], SharedFunction.Begun(worker));
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_moved_answer_keeps_the_others_back_until_its_end(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();
        using var data = await worker.OpenDataAsync();

        var streams = await shared.BeginAsync([SharedFunction.To("/held-stream"), SharedFunction.To("/note/1"), SharedFunction.To("/note/2"), SharedFunction.To("/note/3")]);
        Assert.True((await shared.ReadAsync()).IsMoved);
        await AssertGivenBackAsync(shared, streams[1]);   // one that had begun would be answered

        var moved = await data.TakeAsync(streams[0], "");
        await moved.ReadHeadAsync();
        Assert.Equal("one", await moved.ReadPieceAsync());
        await AssertGivenBackAsync(shared, streams[2]);

        worker.WriteCode("go", "");
        Assert.Equal("onetwo", (await moved.ReadAnswerAsync()).Text);
        Assert.Equal(streams[3], (await shared.ReadAsync()).Stream);
        Assert.Equal(["/note/3"], SharedFunction.Begun(worker));
        Assert.Equal("/shared", (await shared.InvokeAsync(SharedFunction.To("/shared"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_moved_answer_that_nobody_takes_lets_the_next_begin(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime, concurrency: 1);
        using var shared = await worker.OpenSharedAsync();

        var streams = await shared.BeginAsync([SharedFunction.To("/first"), SharedFunction.To("/held-stream"), SharedFunction.To("/note/1")]);
        Assert.Equal(streams[0], (await shared.ReadAsync()).Stream);
        Assert.Equal((streams[1], true), await shared.ReadAsync() is var moved ? (moved.Stream, moved.IsMoved) : default);
        await shared.CancelAsync(streams[1], CancelReason.CallerGone);

        Assert.Equal((streams[1], EndOutcome.Failed), await shared.ReadAsync() is var ended ? (ended.Stream, ended.Answer!.End.Outcome) : default);
        Assert.Equal(streams[2], (await shared.ReadAsync()).Stream);
    }

    /// <summary>The next answers, whole ones.</summary>
    internal static async Task<IReadOnlyList<SharedAnswer>> ReadAsync(SharedConnection shared, int count)
    {
        var answers = new List<SharedAnswer>();
        while (answers.Count < count)
        {
            answers.Add(await shared.ReadAsync());
            Assert.False(answers[^1].IsMoved);
        }

        return answers;
    }

    /// <summary>Asks for it back, and gets it.</summary>
    internal static async Task AssertGivenBackAsync(SharedConnection shared, uint stream)
    {
        await shared.RecallAsync(stream);
        AssertRefused(stream, await shared.ReadAsync());
    }

    internal static void AssertRefused(uint stream, SharedAnswer answer) =>
        Assert.Equal((stream, EndOutcome.Refused, 0, null), (answer.Stream, answer.Answer!.End.Outcome, answer.Answer.Status, answer.Answer.Failure));
}
