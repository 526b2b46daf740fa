using System.Text;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Many invocations at a time on one connection, of a runtime whose handlers may block.</summary>
public sealed class SharedConnectionPythonTests
{
    private const string Gate = """
        import threading
        go = threading.Event()
        def handler(event, context):
            if event["rawPath"] == "/wait":
                print("waiting")
                go.wait()
            elif event["rawPath"] == "/go":
                go.set()
            return event["rawPath"]
        """;

    [Theory, InlineData(1), InlineData(8)]
    public async Task Requests_that_come_in_one_write_are_all_answered(int concurrency)
    {
        await using var worker = await ServeAsync("def handler(event, context):\n    return event['rawPath'] + event.get('body', '')\n", concurrency);
        using var shared = await worker.OpenSharedAsync();

        for (var round = 0; round < 20; round++)
        {
            var streams = await shared.BeginAsync(Enumerable.Range(0, 8).Select(i => new InvocationRequest { Path = $"/{i}", Headers = Text, Body = i % 2 == 0 ? null : Bytes("+") }));
            var answers = await ReadAsync(shared, 8);
            Assert.Equal(["/0", "/1+", "/2", "/3+", "/4", "/5+", "/6", "/7+"], streams.Select(s => answers[s].Text));
        }
    }

    [Fact]
    public async Task A_request_may_come_in_any_pieces()
    {
        await using var worker = await ServeAsync("def handler(event, context):\n    return event['body']\n", 1);
        using var shared = await worker.OpenSharedAsync();
        using var writer = new PayloadWriter();
        DataConnection.WriteHead(writer, 7, new InvocationRequest { Headers = Text, Body = Bytes("whole") });
        writer.BeginFrame();
        writer.Raw(Bytes("whole"));
        writer.EndFrame(FrameType.RequestBody, 7, FrameMarks.EndOfBody);

        foreach (var piece in writer.Written.ToArray().Chunk(5))
        {
            await shared.Frames.SendAsync(piece);
        }

        Assert.Equal("whole", (await ReadAsync(shared, 1))[7].Text);
    }

    [Fact]
    public async Task Answers_of_a_fast_function_leave_in_one_write()
    {
        await using var worker = await ServeAsync("def handler(event, context):\n    return 'hello'\n", 8);
        using var shared = await worker.OpenSharedAsync();
        var together = 0;
        for (var round = 0; round < 50; round++)
        {
            await shared.BeginAsync(Enumerable.Repeat(new InvocationRequest(), 8));
            var head = await shared.Frames.ReadFrameAsync();
            var length = FrameHeader.Length + head!.Payload.Length + 41;   // 12 + 5 bytes of body and 12 + 12 of End
            together += shared.Frames.Available == (8 * length) - FrameHeader.Length - head.Payload.Length ? 1 : 0;
            Assert.Equal(FrameType.ResponseBody, (await shared.Frames.ReadFrameAsync())!.Type);
            Assert.Equal(FrameType.End, (await shared.Frames.ReadFrameAsync())!.Type);
            await ReadAsync(shared, 7);
        }

        // Not each time: at first the function is not known, and a machine that has other things to do makes it look slow.
        Assert.InRange(together, 1, 50);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_slow_one_does_not_hold_up_a_fast_one(bool usedToBeFast)
    {
        await using var worker = await ServeAsync(Gate, 8);
        using var shared = await worker.OpenSharedAsync();
        for (var i = 0; i < (usedToBeFast ? 50 : 0); i++)
        {
            Assert.Equal("/", (await shared.InvokeAsync(new InvocationRequest())).Text);
        }

        string[] paths = ["/", "/wait", "/wait", "/wait", "/", "/wait", "/wait", "/go"];
        var streams = await shared.BeginAsync(paths.Select(p => new InvocationRequest { Path = p }));

        var answers = await ReadAsync(shared, 8);
        Assert.Equal(paths, streams.Select(s => answers[s].Text));
    }

    [Fact]
    public async Task One_that_comes_while_all_others_wait_is_served()
    {
        await using var worker = await ServeAsync(Gate, 8);
        using var shared = await worker.OpenSharedAsync();
        for (var i = 0; i < 7; i++)
        {
            await shared.BeginAsync(new InvocationRequest { Path = "/wait" });
            await worker.Control.WaitForLogsAsync(lines => lines.Count(l => l.Text == "waiting") == i + 1);
        }

        await shared.BeginAsync(new InvocationRequest { Path = "/go" });

        Assert.Equal(7, (await ReadAsync(shared, 8)).Values.Count(a => a.Text == "/wait"));
    }

    [Fact]
    public async Task A_failure_is_answered_and_the_connection_serves_on()
    {
        await using var worker = await ServeAsync("def handler(event, context):\n    return {'/ok': 'fine'}[event['rawPath']]\n", 8);
        using var shared = await worker.OpenSharedAsync();

        var streams = await shared.BeginAsync([new InvocationRequest { Path = "/ok" }, new InvocationRequest { Path = "/bad" }, InvocationRequest.Event("nonsense")]);

        var answers = await ReadAsync(shared, 3);
        Assert.Equal("fine", answers[streams[0]].Text);
        Assert.Equal("KeyError", answers[streams[1]].Failure?.ErrorType);
        Assert.Equal("BadEvent", answers[streams[2]].Failure?.Kind);
        Assert.All(streams.Skip(1), s => Assert.Equal(EndOutcome.Failed, answers[s].End.Outcome));
        Assert.Equal("fine", (await shared.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Fact]
    public async Task A_request_without_its_whole_body_closes_the_connection()
    {
        await using var worker = await ServeAsync(Gate, 8);
        using var shared = await worker.OpenSharedAsync();
        using var writer = new PayloadWriter();
        DataConnection.WriteHead(writer, 1, new InvocationRequest { BodyFollows = true });
        DataConnection.WriteHead(writer, 2, new InvocationRequest());

        await shared.Frames.SendAsync(writer.Written);

        Assert.Null(await shared.Frames.ReadFrameAsync());
    }

    [Fact]
    public async Task A_connection_that_breaks_the_protocol_before_the_function_is_loaded_does_not_end_the_worker()
    {
        await using var worker = await Workers.StartAsync(Workers.Python, "def handler(event, context):\n    return 'fine'", "");
        using var shared = await worker.OpenSharedAsync(frames =>
        {
            DataConnection.WriteHead(frames, 1, new InvocationRequest { BodyFollows = true });
            DataConnection.WriteHead(frames, 2, new InvocationRequest());
        });

        await worker.SpecializeOkAsync("app.handler");

        Assert.Null(await shared.Frames.ReadFrameAsync());
        Assert.Equal("fine", (await worker.InvokeAsync(new InvocationRequest())).Text);
    }

    [Fact]
    public async Task With_a_concurrency_of_one_every_handler_runs_in_the_main_thread()
    {
        await using var worker = await ServeAsync("""
            import threading, time, asyncio
            loops = set()
            async def later():
                loops.add(id(asyncio.get_running_loop()))
                return len(loops)
            def handler(event, context):
                if event["rawPath"] == "/slow":
                    time.sleep(0.02)
                if event["rawPath"] == "/loop":
                    return later()
                return threading.current_thread() is threading.main_thread()
            """, 1);
        Assert.Equal("true", (await worker.InvokeAsync(new InvocationRequest())).Text);
        using var shared = await worker.OpenSharedAsync();

        for (var round = 0; round < 20; round++)
        {
            Assert.Equal("true", (await worker.InvokeAsync(new InvocationRequest { Path = round % 2 == 0 ? "/" : "/slow" })).Text);   // a data connection
            await shared.BeginAsync("/ /slow / /".Split(' ').Select(p => new InvocationRequest { Path = p }));
            Assert.All((await ReadAsync(shared, 4)).Values, a => Assert.Equal("true", a.Text));
            Assert.Equal("1", (await shared.InvokeAsync(new InvocationRequest { Path = "/loop" })).Text);
        }
    }

    [Fact]
    public async Task Log_lines_carry_the_id_of_their_own_invocation()
    {
        await using var worker = await ServeAsync("""
            import threading
            all_here = threading.Barrier(3)
            def handler(event, context):
                print("first", context.aws_request_id)
                all_here.wait()
                print("second", context.aws_request_id)
                print("unended", context.aws_request_id, end="")
            """, 8);
        using var shared = await worker.OpenSharedAsync();

        await shared.BeginAsync("abc".Select(c => c.ToString()).Select(id => new InvocationRequest { Id = id }));
        await ReadAsync(shared, 3);

        await worker.Control.WaitForLogsAsync(lines => lines.Count == 9);
        Assert.All(worker.Control.Logs, l => Assert.EndsWith(l.InvocationId, l.Text, StringComparison.Ordinal));
        Assert.Equal(3, worker.Control.Logs.Select(l => l.InvocationId).Distinct().Count());
    }

    [Fact]
    public async Task While_draining_a_request_is_refused_and_the_connection_stays()
    {
        await using var worker = await ServeAsync(Gate.Replace("go.wait()", "[time.sleep(0.01) for _ in iter(lambda: os.path.exists('go'), True)]", StringComparison.Ordinal).Insert(0, "import os, time\n"), 8);
        using var shared = await worker.OpenSharedAsync();
        var stream = await shared.BeginAsync(new InvocationRequest { Path = "/wait" });
        await worker.Control.WaitForLogAsync("waiting");

        await worker.Control.ShutdownAsync(600_000);
        Assert.Equal("AlreadySpecialized", (await worker.SpecializeAsync("app.handler")).Error);   // an answer that comes after Shutdown was read

        for (var i = 0; i < 2; i++)
        {
            var refused = await shared.InvokeAsync(new InvocationRequest { Headers = Text, Body = Bytes("x") });
            Assert.Equal(EndOutcome.Refused, refused.End.Outcome);
            Assert.Equal(0, refused.Status);
        }

        worker.WriteCode("go", "");
        Assert.Equal("/wait", (await ReadAsync(shared, 1))[stream].Text);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory, InlineData("sys.exit(3)"), InlineData("os._exit(3)")]
    public async Task An_invocation_that_ends_the_process_takes_no_answer_with_it_that_was_there_before(string exit)
    {
        await using var worker = await ServeAsync($"import os, sys\ndef handler(event, context):\n    if event['rawPath'] == '/exit':\n        {exit}\n    return 'fine'\n", 8);
        using var shared = await worker.OpenSharedAsync();
        for (var i = 0; i < 20; i++)
        {
            await shared.InvokeAsync(new InvocationRequest());
        }

        var streams = await shared.BeginAsync([new InvocationRequest(), new InvocationRequest { Path = "/exit" }]);

        Assert.Equal("fine", (await ReadAsync(shared, 1))[streams[0]].Text);
        Assert.Null(await shared.Frames.ReadFrameAsync());
        Assert.Equal(3, await worker.ExitCodeAsync());
    }

    internal static async Task<WorkerHarness> ServeAsync(string code, int concurrency)
    {
        var worker = await Workers.StartAsync(Workers.Python, code, "");
        var answer = await worker.Control.SpecializeAsync(new SpecializeMessage
        {
            Function = "hello",
            Revision = "hello-1",
            Instance = "i-1",
            Kind = "handler",
            Handler = "app.handler",
            MemoryMiB = 256,
            TimeoutMs = 30_000,
            Concurrency = concurrency,
            Env = new Dictionary<string, string>(),
        });
        Assert.True(answer.Ok, answer.Message);
        return worker;
    }

    internal static async Task<Dictionary<uint, InvocationAnswer>> ReadAsync(SharedConnection shared, int count)
    {
        var answers = new Dictionary<uint, InvocationAnswer>();
        while (answers.Count < count)
        {
            var answer = await shared.ReadAsync();
            answers.Add(answer.Stream, answer.Answer ?? throw new InvalidOperationException("The answer was moved."));
        }

        return answers;
    }

    private static (string, string)[] Text => [("content-type", "text/plain")];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
