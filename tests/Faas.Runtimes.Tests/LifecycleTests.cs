using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Connections, shutdown and signals.</summary>
public sealed class LifecycleTests
{
    private const string PythonGate = """
        import threading
        go = threading.Event()
        def handler(event, context):
            if event["rawPath"] == "/wait":
                print("waiting")
                go.wait()
            else:
                go.set()
            return "done"
        """;

    private const string NodeGate = """
        let open;
        const gate = new Promise((r) => { open = r; });
        exports.handler = async (event) => {
          if (event.rawPath === '/wait') { console.log('waiting'); await gate; } else open();
          return 'done';
        };
        """;

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_small_answer_leaves_in_one_write(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, "def handler(event, context):\n    return 'hello'\n", "exports.handler = async () => 'hello';\n");
        using var data = await worker.OpenDataAsync();
        for (var i = 0; i < 20; i++)
        {
            await data.BeginAsync(new InvocationRequest());
            var head = await data.Frames.ReadFrameAsync();
            Assert.Equal(FrameType.Response, head!.Type);
            // What is left is there already: 12 + 5 bytes of body and 12 + 12 of End.
            Assert.Equal(41, data.Frames.Available);
            Assert.Equal(FrameType.ResponseBody, (await data.Frames.ReadFrameAsync())!.Type);
            Assert.Equal(FrameType.End, (await data.Frames.ReadFrameAsync())!.Type);
        }
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_control_connection_without_the_token_is_closed_and_the_right_one_stays(string runtime)
    {
        await using var worker = await Workers.StartAsync(runtime, PythonGate, NodeGate);

        await (await worker.OpenControlAsync("0000")).Closed;

        await worker.SpecializeOkAsync("app.handler");
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_newer_control_connection_replaces_the_older_one(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonGate, NodeGate);

        var newer = await worker.OpenControlAsync(worker.Token);
        await worker.Control.Closed;

        await newer.ShutdownAsync(10_000);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Garbage_closes_its_own_connection_only(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonGate, NodeGate);
        using var good = await worker.OpenDataAsync();
        Assert.Equal("done", (await good.InvokeAsync(new InvocationRequest())).Text);

        byte[][] garbage =
        [
            [.. Enumerable.Repeat((byte)0xff, 64)],
            [0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0],
            [9, 0, 0, 0, 0x20, 0, 0, 0, 1, 0, 0, 0, 0],
            [8, 0, 0, 0, 0x77, 0, 0, 0, 1, 0, 0, 0],
        ];
        foreach (var bytes in garbage)
        {
            using var bad = await worker.OpenDataAsync();
            await bad.Frames.SendAsync(bytes);
            Assert.Null(await bad.Frames.ReadFrameAsync());
        }

        Assert.Equal("done", (await good.InvokeAsync(new InvocationRequest())).Text);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_idle_worker_ends_at_once_on_SIGTERM_and_ignores_SIGINT(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonGate, NodeGate);

        await worker.SignalAsync("INT");
        Assert.Equal("done", (await worker.InvokeAsync(new InvocationRequest())).Text);
        await worker.SignalAsync("TERM");

        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_stem_ends_on_SIGTERM(string runtime)
    {
        await using var worker = await Workers.StartAsync(runtime);
        await worker.SignalAsync("TERM");
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory]
    [InlineData(Workers.Node, true)]
    [InlineData(Workers.Node, false)]
    [InlineData(Workers.Python, true)]
    [InlineData(Workers.Python, false)]
    public async Task A_running_invocation_is_finished_before_the_end_and_no_new_one_is_taken(string runtime, bool bySignal)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "import os, time\ndef handler(event, context):\n    print('waiting')\n    while not os.path.exists('go'):\n        time.sleep(0.01)\n    return 'done'\n",
            "const fs = require('fs');\nexports.handler = async () => { console.log('waiting'); while (!fs.existsSync('go')) await new Promise((r) => setTimeout(r, 10)); return 'done'; };\n");
        using var data = await worker.OpenDataAsync();
        using var late = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new InvocationRequest());
        await worker.Control.WaitForLogAsync("waiting");

        await (bySignal ? worker.SignalAsync("TERM") : worker.Control.ShutdownAsync(600_000));
        if (!bySignal)
        {
            // The Shutdown frame and this request travel on different connections, so ask again through the same one for an answer that comes after it.
            Assert.Equal("AlreadySpecialized", (await worker.SpecializeAsync("app.handler")).Error);
            await Assert.ThrowsAsync<WorkerClosedException>(() => late.InvokeAsync(new InvocationRequest()));
        }

        worker.WriteCode("go", "");
        Assert.Equal("done", (await invocation.ReadAnswerAsync()).Text);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_invocation_that_outlives_the_grace_is_cut_off(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonGate, NodeGate);
        using var data = await worker.OpenDataAsync();
        var invocation = await data.BeginAsync(new InvocationRequest { Path = "/wait" });
        await worker.Control.WaitForLogAsync("waiting");

        await worker.Control.ShutdownAsync(50);

        await Assert.ThrowsAsync<WorkerClosedException>(invocation.ReadAnswerAsync);
        Assert.Equal(0, await worker.ExitCodeAsync());
    }
}
