using Faas.WorkerProtocol;
using static Faas.Runtimes.Tests.SharedConnectionPythonTests;

namespace Faas.Runtimes.Tests;

/// <summary>Cancellation on a shared connection of the Python worker, and answers that are moved from it.</summary>
public sealed class SharedCancellationPythonTests
{
    private const string Steps = """
        import threading
        go = threading.Semaphore(0)
        def handler(event, context):
            if event["rawPath"] == "/go":
                go.release()
                return "released"
            if event["rawPath"] == "/long":
                return "x" * 200_000
            return steps()
        def steps():
            try:
                yield {"statusCode": 202}
                for piece in ("one", b"two", {"three": 3}):
                    go.acquire()
                    yield piece
            finally:
                print("over")
        """;

    private static string Runs(string statement) => $"""
        import time, asyncio, threading
        def handler(event, context):
            if event["rawPath"] == "/ok":
                return "fine"
            try:
                print("running")
                {statement}
            finally:
                print("stopped")
        """;

    public static TheoryData<string, int> Handlers => new()
    {
        { "while True: pass", 1 },
        { "time.sleep(1000)", 1 },
        { "threading.Event().wait()", 1 },
        { "asyncio.run(asyncio.sleep(1000))", 1 },
        { "while True: pass", 8 },
        { "while True: time.sleep(0.001)", 8 },
    };

    [Theory, MemberData(nameof(Handlers))]
    public async Task A_cancel_stops_the_handler_and_the_connection_serves_on(string statement, int concurrency)
    {
        await using var worker = await ServeAsync(Runs(statement), concurrency);
        await CancelAndServeOnAsync(worker);
    }

    [Theory, InlineData(1), InlineData(8)]
    public async Task A_cancel_stops_a_coroutine(int concurrency)
    {
        await using var worker = await ServeAsync(Runs("await asyncio.sleep(1000)").Replace("def handler", "async def handler", StringComparison.Ordinal), concurrency);
        await CancelAndServeOnAsync(worker);
    }

    [Fact]
    public async Task A_cancel_of_an_unknown_invocation_is_ignored()
    {
        await using var worker = await ServeAsync(Runs("pass"), 8);
        using var shared = await worker.OpenSharedAsync();

        await shared.CancelAsync(4711, CancelReason.Timeout);

        Assert.Equal("fine", (await shared.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Theory, InlineData(1), InlineData(8)]
    public async Task When_the_connection_closes_all_its_invocations_are_cancelled(int concurrency)
    {
        await using var worker = await ServeAsync(Runs("while True: time.sleep(0.001)"), concurrency);
        using (var shared = await worker.OpenSharedAsync())
        {
            await shared.BeginAsync(Enumerable.Repeat(new InvocationRequest(), Math.Min(concurrency, 3)));
            await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "running") == Math.Min(concurrency, 3));
        }

        await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "stopped") == Math.Min(concurrency, 3));
        using var next = await worker.OpenSharedAsync();
        Assert.Equal("fine", (await next.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Theory, InlineData(1), InlineData(8)]
    public async Task A_long_answer_is_moved_and_its_connection_serves_on(int concurrency)
    {
        await using var worker = await ServeAsync(Steps, concurrency);
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 3; round++)
        {
            var (data, moved) = await MoveAsync(worker, shared, new InvocationRequest { Path = "/long" });
            var answer = await moved.ReadAnswerAsync();
            Assert.Equal(200_000, answer.ContentLength);
            Assert.Equal(200_000, answer.Text.Length);
            Assert.Equal("released", (await data.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
            Assert.Equal("released", (await shared.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
            data.Dispose();
        }
    }

    [Fact]
    public async Task The_pieces_of_a_moved_stream_leave_as_they_are_made()
    {
        await using var worker = await ServeAsync(Steps, 8);
        using var shared = await worker.OpenSharedAsync();
        var (data, moved) = await MoveAsync(worker, shared, new InvocationRequest());

        Assert.Equal(202, await moved.ReadHeadAsync());
        foreach (var expected in new[] { "one", "two", "{\"three\":3}\n" })
        {
            Assert.Equal("released", (await shared.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
            Assert.Equal(expected, await moved.ReadPieceAsync());
        }

        Assert.Null((await moved.ReadAnswerAsync()).Failure);
        data.Dispose();
    }

    [Theory, InlineData(1), InlineData(8)]
    public async Task An_invocation_that_is_cancelled_before_its_answer_is_taken_ends_on_the_shared_connection(int concurrency)
    {
        await using var worker = await ServeAsync(Steps, concurrency);
        using var shared = await worker.OpenSharedAsync();
        foreach (var path in new[] { "/", "/long" })
        {
            var stream = await shared.BeginAsync(new InvocationRequest { Path = path });
            Assert.True((await shared.ReadAsync()).IsMoved);

            await shared.CancelAsync(stream, CancelReason.CallerGone);

            Assert.Equal("InvocationCancelled", (await ReadAsync(shared, 1))[stream].Failure?.ErrorType);
            using var late = await worker.OpenDataAsync();
            await late.TakeAsync(stream, "late");
            Assert.Null(await late.Frames.ReadFrameAsync());
            Assert.Equal("released", (await shared.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
        }
    }

    [Fact]
    public async Task A_moved_answer_is_cancelled_over_its_own_connection()
    {
        await using var worker = await ServeAsync(Steps, 8);
        using var shared = await worker.OpenSharedAsync();
        var (data, moved) = await MoveAsync(worker, shared, new InvocationRequest());
        Assert.Equal(202, await moved.ReadHeadAsync());

        await moved.CancelAsync(CancelReason.Timeout);
        Assert.Equal("released", (await shared.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);   // a wait outside of the main thread ends by itself only

        Assert.Equal("InvocationCancelled", (await moved.ReadAnswerAsync()).Failure?.ErrorType);
        Assert.Equal("released", (await data.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
        data.Dispose();
    }

    [Fact]
    public async Task A_moved_answer_outlives_the_shared_connection_and_one_that_waits_to_be_taken_does_not()
    {
        await using var worker = await ServeAsync(Steps, 8);
        var shared = await worker.OpenSharedAsync();
        var (data, moved) = await MoveAsync(worker, shared, new InvocationRequest());
        Assert.Equal(202, await moved.ReadHeadAsync());
        await shared.BeginAsync(new InvocationRequest { Id = "waits" });
        Assert.True((await shared.ReadAsync()).IsMoved);

        shared.Dispose();

        await worker.Control.WaitForLogsAsync(lines => lines.Any(l => l is { InvocationId: "waits", Text: "over" }));
        foreach (var expected in new[] { "one", "two", "{\"three\":3}\n" })
        {
            await worker.InvokeAsync(new InvocationRequest { Path = "/go" });
            Assert.Equal(expected, await moved.ReadPieceAsync());
        }

        Assert.Null((await moved.ReadAnswerAsync()).Failure);
        data.Dispose();
    }

    [Fact]
    public async Task A_take_of_an_unknown_invocation_is_closed()
    {
        await using var worker = await ServeAsync(Steps, 8);
        using var data = await worker.OpenDataAsync();

        await data.TakeAsync(4711, "unknown");

        Assert.Null(await data.Frames.ReadFrameAsync());
    }

    private static async Task CancelAndServeOnAsync(WorkerHarness worker)
    {
        using var shared = await worker.OpenSharedAsync();
        for (var round = 0; round < 3; round++)
        {
            var id = $"round {round}";
            var stream = await shared.BeginAsync(new InvocationRequest { Id = id });
            await worker.Control.WaitForLogsAsync(lines => lines.Any(l => l.InvocationId == id && l.Text == "running"));

            await shared.CancelAsync(stream, CancelReason.Timeout);

            Assert.Equal("InvocationCancelled", (await ReadAsync(shared, 1))[stream].Failure?.ErrorType);
            await worker.Control.WaitForLogsAsync(lines => lines.Any(l => l.InvocationId == id && l.Text == "stopped"));
            await shared.CancelAsync(stream, CancelReason.CallerGone);   // too late, and so ignored
            Assert.Equal("fine", (await shared.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
        }
    }

    private static async Task<(DataConnection Data, Invocation Moved)> MoveAsync(WorkerHarness worker, SharedConnection shared, InvocationRequest request)
    {
        var stream = await shared.BeginAsync(request);
        var moved = await shared.ReadAsync();
        Assert.True(moved.IsMoved);
        Assert.Equal(stream, moved.Stream);
        var data = await worker.OpenDataAsync();
        return (data, await data.TakeAsync(stream, request.Id));
    }
}
