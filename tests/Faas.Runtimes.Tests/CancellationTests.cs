using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Handlers that nobody waits for any more.</summary>
public sealed class CancellationTests
{
    private const string NodeWaits = """
        exports.handler = async (event, context) => {
          if (event.rawPath === '/ok') return 'fine';
          console.log('running');
          await new Promise((_, reject) => context.signal.addEventListener('abort', () => { console.log('stopped', context.signal.reason.name); reject(context.signal.reason); }));
        };
        """;

    private static string PythonRuns(string statement) => $"""
        import time, asyncio, threading
        def handler(event, context):
            if event["rawPath"] == "/ok":
                return "fine"
            try:
                print("running")   # inside, because the cancellation may come while it is still being printed
                {statement}
            finally:
                print("stopped")
        """;

    public static TheoryData<string, string> Handlers => new()
    {
        { Workers.Node, NodeWaits },
        { Workers.Python, PythonRuns("while True: pass") },
        { Workers.Python, PythonRuns("time.sleep(1000)") },
        { Workers.Python, PythonRuns("threading.Event().wait()") },
        { Workers.Python, PythonRuns("asyncio.run(asyncio.sleep(1000))") },
        { Workers.Python, "import asyncio\nasync def handler(event, context):\n    if event['rawPath'] == '/ok':\n        return 'fine'\n    try:\n        print('running')\n        await asyncio.sleep(1000)\n    finally:\n        print('stopped')\n" },
    };

    [Theory, MemberData(nameof(Handlers))]
    public async Task A_cancel_stops_the_handler_and_the_connection_serves_on(string runtime, string code)
    {
        await using var worker = await Workers.ServeAsync(runtime, code, code);
        using var data = await worker.OpenDataAsync();
        for (var round = 0; round < 3; round++)
        {
            var id = $"round {round}";
            var invocation = await data.BeginAsync(new InvocationRequest { Id = id });
            await worker.Control.WaitForLogsAsync(lines => lines.Any(l => l.InvocationId == id && l.Text == "running"));
            await invocation.CancelAsync(CancelReason.Timeout);

            Assert.Equal("Unhandled", (await invocation.ReadAnswerAsync()).Failure?.Kind);
            await worker.Control.WaitForLogsAsync(lines => lines.Any(l => l.InvocationId == id && l.Text.StartsWith("stopped", StringComparison.Ordinal)));
            await invocation.CancelAsync(CancelReason.CallerGone);   // too late, and so ignored
            Assert.Equal("fine", (await data.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
        }
    }

    [Fact]
    public async Task In_Python_a_busy_loop_is_stopped_on_other_threads_than_the_main_one_too()
    {
        await using var worker = await Workers.ServeAsync(Workers.Python, PythonRuns("while True: pass"), "");
        using var main = await worker.OpenDataAsync();
        Assert.Equal("fine", (await main.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
        using var other = await worker.OpenDataAsync();

        var invocation = await other.BeginAsync(new InvocationRequest());
        await worker.Control.WaitForLogAsync("running");
        await invocation.CancelAsync(CancelReason.Timeout);

        Assert.Equal("InvocationCancelled", (await invocation.ReadAnswerAsync()).Failure?.ErrorType);
        Assert.Equal("fine", (await main.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_data_connection_that_closes_cancels_its_invocation(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonRuns("while True: pass"), NodeWaits);
        using (var data = await worker.OpenDataAsync())
        {
            await data.BeginAsync(new InvocationRequest { Id = "left alone" });
            await worker.Control.WaitForLogAsync("running");
        }

        Assert.Equal("left alone", (await worker.Control.WaitForLogAsync("stopped")).InvocationId);
        Assert.Equal("fine", (await worker.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_cancel_before_the_body_is_complete_ends_the_invocation(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonRuns("pass"), NodeWaits);
        using var data = await worker.OpenDataAsync();

        var invocation = await data.BeginAsync(new InvocationRequest { BodyFollows = true });
        await invocation.SendBodyAsync("half"u8.ToArray(), isLast: false);
        await invocation.CancelAsync(CancelReason.CallerGone);

        Assert.NotNull((await invocation.ReadAnswerAsync()).Failure);
        await invocation.SendBodyAsync("the rest"u8.ToArray(), isLast: true);
        Assert.Equal("fine", (await data.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }
}
