namespace Faas.Runtimes.Tests;

/// <summary>Output of functions.</summary>
public sealed class LogTests
{
    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Lines_are_tagged_with_the_invocation_that_wrote_them_even_when_several_run_at_once(string runtime)
    {
        // Each invocation writes, waits until all three have written, and writes again, from a thread or a timer of its own too.
        await using var worker = await Workers.ServeAsync(
            runtime,
            """
            import logging, threading
            from concurrent.futures import ThreadPoolExecutor
            all_here = threading.Barrier(3)
            pool = ThreadPoolExecutor(1)
            def handler(event, context):
                print("first", context.aws_request_id)
                all_here.wait()
                t = threading.Thread(target=lambda: print("thread", context.aws_request_id))
                t.start()
                t.join()
                pool.submit(print, "pool", context.aws_request_id).result()
                logging.warning("logging %s", context.aws_request_id)
                print("unended", context.aws_request_id, end="")
            """,
            """
            let here = 0, open;
            const allHere = new Promise((r) => { open = r; });
            exports.handler = async (event, context) => {
              console.log('first', context.awsRequestId);
              if (++here === 3) open();
              await allHere;
              await new Promise((r) => setTimeout(() => { console.log('thread', context.awsRequestId); r(); }, 1));
              await Promise.resolve().then(() => console.info('pool', context.awsRequestId));
              console.error('logging', context.awsRequestId);
              process.stdout.write('unended ' + context.awsRequestId);
            };
            """);

        string[] ids = ["a", "b", "c"];
        await Task.WhenAll(ids.Select(async id =>
        {
            using var data = await worker.OpenDataAsync();
            Assert.Null((await data.InvokeAsync(new InvocationRequest { Id = id })).Failure);
        }));
        await worker.Control.WaitForLogsAsync(lines => lines.Count == 15);

        foreach (var id in ids)
        {
            var own = worker.Control.Logs.Where(l => l.InvocationId == id).ToList();
            Assert.All(own, l => Assert.EndsWith(id, l.Text, StringComparison.Ordinal));
            Assert.Equal(["first", "thread", "pool", "logging", "unended"], own.Select(l => l.Text.Replace("[WARNING]\t", "", StringComparison.Ordinal).Split(' ')[0]));
            Assert.Equal([false, false, false, true, false], own.Select(l => l.IsError));
        }
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task What_is_written_while_loading_comes_before_the_answer_and_without_an_invocation(string runtime)
    {
        await using var worker = await Workers.StartAsync(
            runtime,
            "print('loading')\nimport sys\nprint('trouble ahead', file=sys.stderr, end='')\nraise RuntimeError('x')\n",
            "console.log('loading');\nprocess.stderr.write('trouble ahead');\nthrow new Error('x');\n");

        Assert.False((await worker.SpecializeAsync("app.handler")).Ok);

        Assert.Equal([("loading", false, ""), ("trouble ahead", true, "")], worker.Control.Logs.Select(l => (l.Text, l.IsError, l.InvocationId)));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Long_lines_are_cut_between_characters_and_say_that_they_go_on(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    print('x' + 'ä' * 20000)\n    print('end')\n",
            "exports.handler = async () => { console.log('x' + 'ä'.repeat(20000)); console.log('end'); };\n");

        await worker.InvokeAsync(new InvocationRequest());
        await worker.Control.WaitForLogAsync("end");

        var pieces = worker.Control.Logs.SkipLast(1).Select(l => l.Text).ToList();
        Assert.Equal("x" + new string('ä', 20000), string.Concat(pieces));
        Assert.Equal([true, true, false, false], worker.Control.Logs.Select(l => l.GoesOn));
        Assert.All(pieces, p => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(p), 1, 16 * 1024));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_flood_never_blocks_and_tells_what_it_dropped(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    for i in range(30000):\n        print(i, 'x' * 1000)\n    print('the end')\n",
            "exports.handler = async () => { for (let i = 0; i < 30000; i++) console.log(i, 'x'.repeat(1000)); console.log('the end'); };\n");
        worker.Control.Dispose();

        // Nobody listens for 30 MB of lines, and still the invocation ends.
        Assert.Null((await worker.InvokeAsync(new InvocationRequest())).Failure);
        var control = await worker.OpenControlAsync(worker.Token);
        await control.WaitForLogAsync("the end");

        Assert.Contains(control.Logs, l => l.Text.Contains("log lines were dropped", StringComparison.Ordinal));
        Assert.InRange(control.Logs.Sum(l => l.Text.Length), 100 * 1024, 600 * 1024);
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task Lines_written_while_no_controller_is_connected_reach_the_next_one(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            "def handler(event, context):\n    print('kept for later')\n",
            "exports.handler = async () => { console.log('kept for later'); };\n");
        worker.Control.Dispose();
        await worker.InvokeAsync(new InvocationRequest { Id = "alone" });

        var control = await worker.OpenControlAsync(worker.Token);

        Assert.Equal("alone", (await control.WaitForLogAsync("kept for later")).InvocationId);
    }
}
