using Faas.WorkerProtocol;

namespace Faas.Runtimes.Tests;

/// <summary>Generators and async iterables.</summary>
public sealed class StreamingTests
{
    // The function stops after each item until another invocation releases it, so an item that is read has left on its own.
    private const string PythonSteps = """
        import threading
        go = threading.Semaphore(0)
        def handler(event, context):
            if event["rawPath"] == "/go":
                go.release()
                return "released"
            return steps()
        def steps():
            yield {"statusCode": 202, "headers": {"content-type": "text/event-stream"}}
            go.acquire()
            yield "one"
            go.acquire()
            yield b"two"
            go.acquire()
            yield {"three": 3}
        """;

    private const string NodeSteps = """
        const { EventEmitter, once } = require('events');
        const go = new EventEmitter();
        exports.handler = async (event) => {
          if (event.rawPath === '/go') { go.emit('go'); return 'released'; }
          return (async function* () {
            const released = () => once(go, 'go');
            let next = released();
            yield { statusCode: 202, headers: { 'content-type': 'text/event-stream' } };
            await next; next = released();
            yield 'one';
            await next; next = released();
            yield Buffer.from('two');
            await next;
            yield { three: 3 };
          })();
        };
        """;

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Each_item_leaves_at_once(string runtime)
    {
        await using var worker = await Workers.ServeAsync(runtime, PythonSteps, NodeSteps);
        using var data = await worker.OpenDataAsync();
        var stream = await data.BeginAsync(new InvocationRequest());

        Assert.Equal(202, await stream.ReadHeadAsync());
        foreach (var expected in new[] { "one", "two", "{\"three\":3}\n" })
        {
            Assert.Equal("released", (await worker.InvokeAsync(new InvocationRequest { Path = "/go" })).Text);
            Assert.Equal(expected, await stream.ReadPieceAsync());
        }

        var answer = await stream.ReadAnswerAsync();
        Assert.Null(answer.Failure);
        Assert.Equal("text/event-stream", answer.Header("content-type"));
        Assert.Equal(-1, answer.ContentLength);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_stream_without_a_head_is_plain_text_and_an_empty_one_is_empty(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    for c in event['rawPath'][1:]:\n        yield c\n",
            "exports.handler = async function* (event) { yield* event.rawPath.slice(1); };\n");

        var letters = await worker.InvokeAsync(new InvocationRequest { Path = "/abc" });
        Assert.Equal((200, "text/plain; charset=utf-8", "abc"), (letters.Status, letters.Header("content-type"), letters.Text));
        var nothing = await worker.InvokeAsync(new InvocationRequest());
        Assert.Equal((200, ""), (nothing.Status, nothing.Text));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_stream_that_breaks_fails_after_what_was_sent(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    yield 'begun'\n    raise KeyError('broken')\n",
            "exports.handler = async function* () { yield 'begun'; throw new RangeError('broken'); };\n");

        var answer = await worker.InvokeAsync(new InvocationRequest());

        Assert.Equal((200, "begun", "Unhandled"), (answer.Status, answer.Text, answer.Failure?.Kind));
        Assert.Contains("broken", answer.Failure!.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_large_stream_waits_for_a_slow_reader_and_arrives_whole(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    for i in range(200):\n        print('item', i)\n        yield b'x' * 100_000\n",
            "exports.handler = async function* () { for (let i = 0; i < 200; i++) { console.log('item', i); yield Buffer.alloc(100_000, 'x'); } };\n");
        using var data = await worker.OpenDataAsync();

        var stream = await data.BeginAsync(new InvocationRequest());
        await stream.ReadHeadAsync();
        // The function has been asked for some items, and for none beyond what sockets hold: nobody has read 20 MB yet.
        await worker.Control.WaitForLogAsync("item 0");
        Assert.DoesNotContain(worker.Control.Logs, l => l.Text == "item 199");
        Assert.Equal(20_000_000, (await stream.ReadAnswerAsync()).Body.Length);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_caller_that_goes_away_ends_the_stream_and_its_clean_up_runs(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            """
            def handler(event, context):
                try:
                    while True:
                        yield "x" * 1000
                finally:
                    print("cleaned up")
            """,
            """
            exports.handler = async function* () {
              try { for (;;) yield 'x'.repeat(1000); } finally { console.log('cleaned up'); }
            };
            """);
        using (var data = await worker.OpenDataAsync())
        {
            var stream = await data.BeginAsync(new InvocationRequest { Id = "gone" });
            await stream.ReadHeadAsync();
        }

        Assert.Equal("gone", (await worker.Control.WaitForLogAsync("cleaned up")).InvocationId);
    }
}
