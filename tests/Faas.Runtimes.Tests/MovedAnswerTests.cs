using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Answers of shared connections that turn out long: Move, then Take on a data connection.</summary>
public sealed class MovedAnswerTests
{
    public static TheoryData<string> Runtimes => SharedFunction.Runtimes;

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_long_answer_is_moved_and_the_connection_it_took_serves_on(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 2; round++)
        {
            var number = await shared.BeginAsync(SharedFunction.Repeat("x", 1_000_000));
            var moved = await shared.ReadAsync();
            Assert.Equal((number, true), (moved.Stream, moved.IsMoved));

            using var data = await worker.OpenDataAsync();
            var answer = await (await data.TakeAsync(number, "")).ReadAnswerAsync();

            Assert.Equal((200, 1_000_000, new string('x', 1_000_000)), (answer.Status, answer.ContentLength, answer.Text));
            Assert.Equal("/next", (await data.InvokeAsync(SharedFunction.To("/next"))).Text);
            Assert.Equal("/shared", (await shared.InvokeAsync(SharedFunction.To("/shared"))).Text);
        }
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task What_fits_into_one_frame_stays_and_one_byte_more_is_moved(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();

        Assert.Equal(64 * 1024, (await shared.InvokeAsync(SharedFunction.Repeat("x", 64 * 1024))).Body.Length);
        Assert.Equal(64 * 1024, (await shared.InvokeAsync(SharedFunction.Repeat("ä", 32 * 1024))).Body.Length);
        foreach (var (text, times) in new[] { ("x", (64 * 1024) + 1), ("ä", (32 * 1024) + 1) })
        {
            var number = await shared.BeginAsync(SharedFunction.Repeat(text, times));
            Assert.True((await shared.ReadAsync()).IsMoved);
            using var data = await worker.OpenDataAsync();
            Assert.Equal(times, (await (await data.TakeAsync(number, "")).ReadAnswerAsync()).Text.Length);
        }
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_stream_is_moved_its_pieces_leave_as_they_are_made_and_it_outlives_the_shared_connection(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var data = await worker.OpenDataAsync();
        Invocation stream;
        using (var shared = await worker.OpenSharedAsync())
        {
            var number = await shared.BeginAsync(SharedFunction.To("/steps"));
            Assert.True((await shared.ReadAsync()).IsMoved);
            stream = await data.TakeAsync(number, "/steps");
            Assert.Equal(202, await stream.ReadHeadAsync());
            Assert.Equal("/step", (await shared.InvokeAsync(SharedFunction.To("/step"))).Text);
            Assert.Equal("one", await stream.ReadPieceAsync());
        }

        Assert.Equal("/step", (await worker.InvokeAsync(SharedFunction.To("/step"))).Text);
        Assert.Equal("two", await stream.ReadPieceAsync());
        var answer = await stream.ReadAnswerAsync();
        Assert.Equal((-1, "text/event-stream"), (answer.ContentLength, answer.Header("content-type")));
        Assert.Equal("/next", (await data.InvokeAsync(SharedFunction.To("/next"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_cancel_between_move_and_take_ends_it_on_the_shared_connection_and_the_take_is_closed(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        foreach (var request in new[] { SharedFunction.Repeat("x", 100_000), SharedFunction.To("/steps") })
        {
            var number = await shared.BeginAsync(request);
            Assert.True((await shared.ReadAsync()).IsMoved);

            await shared.CancelAsync(number, CancelReason.CallerGone);

            var ended = await shared.ReadAsync();
            Assert.Equal((number, EndOutcome.Failed), (ended.Stream, ended.Answer!.End.Outcome));
            await AssertTakeIsClosedAsync(worker, number);
        }

        Assert.Equal("/fine", (await shared.InvokeAsync(SharedFunction.To("/fine"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_cancel_after_the_take_goes_over_the_data_connection(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        using var shared = await worker.OpenSharedAsync();
        using var data = await worker.OpenDataAsync();
        var path = runtime == Workers.Node ? "/many-steps" : "/steps";
        var number = await shared.BeginAsync(SharedFunction.To(path));
        Assert.True((await shared.ReadAsync()).IsMoved);
        var stream = await data.TakeAsync(number, path);
        Assert.Equal(202, await stream.ReadHeadAsync());

        await shared.CancelAsync(number, CancelReason.Timeout);   // not the shared connection's any more, and so ignored
        Assert.Equal("/step", (await shared.InvokeAsync(SharedFunction.To("/step"))).Text);
        Assert.Equal("one", await stream.ReadPieceAsync());
        await stream.CancelAsync(CancelReason.Timeout);
        var answer = stream.ReadAnswerAsync();
        while (runtime == Workers.Node && !answer.IsCompleted)
        {
            await shared.InvokeAsync(SharedFunction.To("/step"));   // the generator has no signal here, and sees it at its next item: the steps come over another connection and may be faster
        }

        Assert.Equal("Unhandled", (await answer).Failure?.Kind);
        Assert.Equal("/next", (await data.InvokeAsync(SharedFunction.To("/next"))).Text);
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task What_waits_for_its_take_ends_with_the_shared_connection(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        uint number;
        using (var shared = await worker.OpenSharedAsync())
        {
            number = await shared.BeginAsync(SharedFunction.To("/steps"));
            Assert.True((await shared.ReadAsync()).IsMoved);
            await shared.BeginAsync(SharedFunction.To("/wait"));
            await worker.Control.WaitForLogAsync("waiting");
        }

        await worker.Control.WaitForLogAsync("left");   // the worker has seen the close
        await AssertTakeIsClosedAsync(worker, number);
        await worker.SignalAsync("TERM");
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory, MemberData(nameof(Runtimes))]
    public async Task A_take_of_an_unknown_invocation_and_one_that_is_not_the_first_frame_are_closed(string runtime)
    {
        await using var worker = await SharedFunction.ServeAsync(runtime);
        await AssertTakeIsClosedAsync(worker, 999);

        using var shared = await worker.OpenSharedAsync();
        var number = await shared.BeginAsync(SharedFunction.To("/steps"));
        Assert.True((await shared.ReadAsync()).IsMoved);
        using var used = await worker.OpenDataAsync();
        Assert.Equal("/fine", (await used.InvokeAsync(SharedFunction.To("/fine"))).Text);
        await used.TakeAsync(number, "");
        Assert.Null(await used.Frames.ReadFrameAsync());

        using var data = await worker.OpenDataAsync();
        Assert.Equal(202, await (await data.TakeAsync(number, "")).ReadHeadAsync());
    }

    private static async Task AssertTakeIsClosedAsync(WorkerHarness worker, uint number)
    {
        using var late = await worker.OpenDataAsync();
        await late.TakeAsync(number, "");
        Assert.Null(await late.Frames.ReadFrameAsync());
    }
}
