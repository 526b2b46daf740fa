namespace Faas.Runtimes.Tests;

/// <summary>Handlers that throw, exit or crash.</summary>
public sealed class FailureTests
{
    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task An_exception_is_an_unhandled_failure_with_the_functions_own_frames(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def inner():\n    raise ValueError('no such order')\n\ndef handler(event, context):\n    if event['rawPath'] == '/ok':\n        return 'fine'\n    inner()\n",
            "function inner() { throw new TypeError('no such order'); }\nexports.handler = async (event) => event.rawPath === '/ok' ? 'fine' : inner();\n");

        var answer = await worker.InvokeAsync(new InvocationRequest { Id = "bad" });

        Assert.Equal((0, "Unhandled", "no such order"), (answer.Status, answer.Failure!.Kind, answer.Failure.Message));
        Assert.Equal(runtime == Workers.Node ? "TypeError" : "ValueError", answer.Failure.ErrorType);
        Assert.Equal(2, answer.Failure.Trace.Count);
        Assert.StartsWith(runtime == Workers.Node ? "app.js:1" : "app.py:2 in inner", answer.Failure.Trace[0], StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Failure.Trace, f => f.Contains("/runtimes/", StringComparison.Ordinal));
        Assert.Equal("bad", (await worker.Control.WaitForLogAsync("no such order")).InvocationId);
        Assert.Equal("fine", (await worker.InvokeAsync(new InvocationRequest { Path = "/ok" })).Text);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_handler_that_exits_ends_the_process_after_its_last_lines(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "import sys\ndef handler(event, context):\n    print('last words')\n    sys.exit(7)\n",
            "exports.handler = async () => { console.log('last words'); process.exit(7); };\n");
        using var data = await worker.OpenDataAsync();

        await Assert.ThrowsAsync<WorkerClosedException>(() => data.InvokeAsync(new InvocationRequest { Id = "bye" }));

        Assert.Equal(7, await worker.ExitCodeAsync());
        await worker.Control.Closed;
        Assert.Contains(worker.Control.Logs, l => l is { InvocationId: "bye", Text: "last words" });
    }

    [Fact]
    public async Task In_Python_even_os_exit_lets_the_last_lines_leave_but_a_forked_child_ends_alone()
    {
        await using var worker = await Workers.ServeAsync(
            Workers.Python,
            """
            import os
            def handler(event, context):
                if event['rawPath'] == '/fork':
                    child = os.fork()
                    if child == 0:
                        os._exit(4)
                    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                print('last words')
                os._exit(7)
            """,
            "");
        Assert.Equal("4", (await worker.InvokeAsync(new InvocationRequest { Path = "/fork" })).Text);
        using var data = await worker.OpenDataAsync();

        await Assert.ThrowsAsync<WorkerClosedException>(() => data.InvokeAsync(new InvocationRequest { Id = "bye" }));

        Assert.Equal(7, await worker.ExitCodeAsync());
        await worker.Control.Closed;
        Assert.Contains(worker.Control.Logs, l => l is { InvocationId: "bye", Text: "last words" });
    }

    [Theory]
    [InlineData("setImmediate(() => { throw new Error('nobody catches me'); }); await new Promise(() => {});")]
    [InlineData("Promise.reject(new Error('nobody catches me')); await new Promise(() => {});")]
    public async Task In_Node_an_error_that_nobody_catches_is_logged_and_ends_the_process(string body)
    {
        await using var worker = await Workers.ServeAsync(Workers.Node, "", $"exports.handler = async () => {{ {body} }};\n");
        using var data = await worker.OpenDataAsync();

        await Assert.ThrowsAsync<WorkerClosedException>(() => data.InvokeAsync(new InvocationRequest()));

        Assert.Equal(1, await worker.ExitCodeAsync());
        await worker.Control.Closed;
        Assert.Contains(worker.Control.Logs, l => l.IsError && l.Text.Contains("nobody catches me", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throw null")]
    [InlineData("throw { toString() { throw 1; } }")]
    [InlineData("throw 'just text'")]
    [InlineData("throw Object.defineProperty(new Error(), 'stack', { get() { throw 1; } })")]
    public async Task In_Node_whatever_is_thrown_can_be_reported(string statement)
    {
        await using var worker = await Workers.ServeAsync(Workers.Node, "", $"exports.handler = async () => {{ {statement}; }};\n");

        Assert.Equal("Unhandled", (await worker.InvokeAsync(new InvocationRequest())).Failure?.Kind);
    }
}
