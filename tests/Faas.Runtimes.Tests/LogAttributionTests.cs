using System.Text;

namespace Faas.Runtimes.Tests;

/// <summary>A line carries the invocation that wrote it, whichever way the code went that wrote it, with all invocations of the instance at the same moment.</summary>
public sealed class LogAttributionTests
{
    private const int AtOnce = 8;

    /// <summary>Each place writes its name and the invocation's id; nobody leaves before everybody has come.</summary>
    private const string Python = """
        import asyncio, logging, sys, threading
        from concurrent.futures import ThreadPoolExecutor
        barrier = threading.Barrier(8)
        pool = ThreadPoolExecutor(2)

        def say(place, id):
            print(place, id)

        def nested(id):
            inner = threading.Thread(target=say, args=("thread of a thread", id))
            inner.start()
            inner.join()

        async def inside(id):
            await asyncio.sleep(0.001)
            say("awaited", id)
            await asyncio.gather(*(task(id, n) for n in range(2)))
            await asyncio.to_thread(say, "to_thread", id)
            await asyncio.get_running_loop().run_in_executor(pool, say, "executor", id)

        async def task(id, n):
            await asyncio.sleep(0.001 * n)
            say("task%d" % n, id)

        def handler(event, context):
            id = context.aws_request_id
            say("handler", id)
            barrier.wait()
            timer = threading.Timer(0.001, say, ("timer", id))
            timer.start()
            timer.join()
            outer = threading.Thread(target=nested, args=(id,))
            outer.start()
            outer.join()
            pool.submit(nested, id).result()
            list(pool.map(say, ["map"], [id]))
            asyncio.run(inside(id))
            print("err", id, file=sys.stderr)
            logging.getLogger("lib").error("logging %s", id)
            barrier.wait()
            say("end", id)
        """;

    private const string Node = """
        const fs = require('node:fs');
        const { EventEmitter } = require('node:events');
        let here = 0, open;
        const allHere = new Promise((r) => { open = r; });
        const say = (place, id) => console.log(place, id);
        const tick = promisified((done) => process.nextTick(done));
        function promisified(begin) { return (work) => new Promise((resolve, reject) => begin(() => { try { work(); resolve(); } catch (e) { reject(e); } })); }

        exports.handler = async (event, context) => {
          const id = context.awsRequestId;
          say('handler', id);
          if (++here === 8) open();
          await allHere;
          await tick(() => say('tick', id));
          await promisified(setImmediate)(() => say('immediate', id));
          await promisified((done) => setTimeout(done, 1))(() => say('timer', id));
          await promisified(queueMicrotask)(() => say('microtask', id));
          await promisified((done) => fs.readFile(__filename, done))(() => say('file', id));
          const emitter = new EventEmitter();
          emitter.on('it', () => say('event', id));
          setTimeout(() => emitter.emit('it'), 1);
          await new Promise((r) => emitter.once('it', r));
          await Promise.all([0, 1].map(async (n) => { await new Promise((r) => setTimeout(r, n)); say('task' + n, id); }));
          for await (const n of (async function* () { yield 1; say('generator', id); })()) { }
          console.error('err', id);
          say('end', id);
        };
        """;

    [Theory]
    [InlineData(Workers.Node, 12)]
    [InlineData(Workers.Python, 13)]
    public async Task Lines_from_threads_tasks_timers_and_callbacks_carry_their_invocation_on_one_shared_connection(string runtime, int lines)
    {
        await using var worker = await Workers.ServeAsync(runtime, Python, Node, concurrency: AtOnce);
        using var shared = await worker.OpenSharedAsync();
        var ids = Enumerable.Range(0, AtOnce).Select(n => $"call-{n}").ToList();
        await shared.BeginAsync(ids.Select(id => new InvocationRequest { Id = id }));
        foreach (var _ in ids)
        {
            Assert.Null((await shared.ReadAsync()).Answer!.Failure);
        }

        await worker.Control.WaitForLogsAsync(all => all.Count(line => line.Text.StartsWith("end ", StringComparison.Ordinal)) == AtOnce);
        Assert.All(worker.Control.Logs, line => Assert.EndsWith(line.InvocationId.Length > 0 ? " " + line.InvocationId : "has an invocation", line.Text, StringComparison.Ordinal));
        Assert.All(ids, id => Assert.Equal(lines, worker.Control.Logs.Count(line => line.InvocationId == id)));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task What_a_stream_writes_between_its_items_and_after_its_answer_carries_its_invocation(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            """
            import threading
            def handler(event, context):
                id = context.aws_request_id
                for n in range(3):
                    print("item", id)
                    yield "x" * 10
                threading.Timer(0.05, print, ("late", id)).start()
            """,
            """
            exports.handler = async function* (event, context) {
              const id = context.awsRequestId;
              for (let n = 0; n < 3; n++) {
                console.log('item', id);
                yield 'x'.repeat(10);
                await new Promise((r) => setTimeout(r, 1));
              }
              setTimeout(() => console.log('late', id), 50);
            };
            """);
        var ids = Enumerable.Range(0, 4).Select(n => $"stream-{n}").ToList();
        await Task.WhenAll(ids.Select(async id =>
        {
            using var data = await worker.OpenDataAsync();
            Assert.Equal(30, (await data.InvokeAsync(new InvocationRequest { Id = id })).Body.Length);
        }));
        await worker.Control.WaitForLogsAsync(lines => lines.Count == 16);
        Assert.All(worker.Control.Logs, line => Assert.EndsWith(line.InvocationId, line.Text, StringComparison.Ordinal));
        Assert.All(ids, id => Assert.Equal(4, worker.Control.Logs.Count(line => line.InvocationId == id)));
    }

    [Theory, InlineData(Workers.Node), InlineData(Workers.Python)]
    public async Task A_JSON_line_that_is_written_in_pieces_by_many_at_once_arrives_whole(string runtime)
    {
        await using var worker = await Workers.ServeAsync(
            runtime,
            """
            import json, sys, time
            def handler(event, context):
                for n in range(20):
                    for piece in json.dumps({"level": "info", "msg": "ü", "id": context.aws_request_id, "n": n}):
                        sys.stdout.write(piece)
                    time.sleep(0.0005)
                    sys.stdout.write("\n")
            """,
            """
            exports.handler = async (event, context) => {
              for (let n = 0; n < 20; n++) {
                for (const piece of JSON.stringify({ level: 'info', msg: 'ü', id: context.awsRequestId, n })) process.stdout.write(piece);
                await new Promise((r) => setTimeout(r, 1));
                process.stdout.write('\n');
              }
            };
            """);
        using var shared = await worker.OpenSharedAsync();
        var ids = Enumerable.Range(0, AtOnce).Select(n => $"json-{n}").ToList();
        await shared.BeginAsync(ids.Select(id => new InvocationRequest { Id = id }));
        await worker.Control.WaitForLogsAsync(lines => lines.Count == AtOnce * 20);
        foreach (var id in ids)
        {
            var numbers = worker.Control.Logs.Where(line => line.InvocationId == id).Select(line => System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetBytes(line.Text)).RootElement);
            Assert.Equal(Enumerable.Range(0, 20).Select(n => (id, n)), numbers.Select(line => (line.GetProperty("id").GetString()!, line.GetProperty("n").GetInt32())));
        }
    }
}
