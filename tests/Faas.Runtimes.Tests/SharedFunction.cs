namespace Faas.Runtimes.Tests;

/// <summary>A function for tests of shared connections: its path says what to do.</summary>
internal static class SharedFunction
{
    private const string Python = """
        import os, signal, threading, time
        gate = threading.Event()
        steps = threading.Semaphore(0)
        all_here = threading.Barrier(3)
        inside, at_most, counting = 0, 0, threading.Lock()

        def handler(event, context):
            path = event["rawPath"]
            if path.startswith("/note"):
                return noted(path)
            if path == "/wait":
                try:
                    print("waiting")   # inside, because the cancellation may come while it is still being printed
                    while not gate.wait(0.01):   # a call that blocks for good cannot be interrupted outside of the main thread
                        pass
                finally:
                    print("left")
            elif path == "/open":
                gate.set()
            elif path == "/step":
                steps.release()
            elif path == "/fail":
                raise ValueError("no such order")
            elif path == "/echo":
                return event["body"]
            elif path == "/nothing":
                return {"statusCode": 204}
            elif path == "/repeat":
                query = event["queryStringParameters"]
                return query["text"] * int(query["times"])
            elif path == "/steps":
                return pieces()
            elif path == "/hold":
                print("holding")
                hold()
            elif path == "/held-stream":
                return held_pieces()
            elif path == "/die":
                os.kill(os.getpid(), signal.SIGKILL)
            elif path == "/meet":
                print("first", context.aws_request_id)
                all_here.wait()
                print("second", context.aws_request_id)
            return path

        def pieces():
            yield {"statusCode": 202, "headers": {"content-type": "text/event-stream"}}
            for piece in ("one", "two"):
                steps.acquire()
                yield piece

        def noted(path):
            global inside, at_most
            with counting:
                inside += 1
                at_most = max(at_most, inside)
                with open("begun", "a") as begun:
                    begun.write(path + "\n")
            time.sleep(0.002)   # so that others have the chance to begin
            with counting:
                inside -= 1
            return str(at_most)

        def hold():
            while not os.path.exists("go"):
                time.sleep(0.001)

        def held_pieces():
            yield {"statusCode": 202}
            yield "one"
            hold()
            yield "two"
        """;

    private const string Node = """
        const { EventEmitter, once } = require('events');
        const { appendFileSync, existsSync } = require('fs');
        const { setTimeout: pause } = require('timers/promises');
        let inside = 0, atMost = 0;
        let open, meet, released = 0, here = 0;
        const gate = new Promise((r) => { open = r; });
        const allHere = new Promise((r) => { meet = r; });
        const steps = new EventEmitter();

        exports.handler = async (event, context) => {
          const path = event.rawPath;
          if (path.startsWith('/note')) return noted(path);
          const query = event.queryStringParameters;
          if (path === '/wait') {
            console.log('waiting');
            const cancelled = new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)));
            try { await Promise.race([gate, cancelled]); } finally { console.log('left'); }
          } else if (path === '/open') open();
          else if (path === '/step') { released++; steps.emit('step'); }
          else if (path === '/fail') throw new TypeError('no such order');
          else if (path === '/echo') return event.body;
          else if (path === '/nothing') return { statusCode: 204 };
          else if (path === '/repeat') return query.text.repeat(Number(query.times));
          else if (path === '/steps') return pieces(['one', 'two']);
          else if (path === '/many-steps') return pieces(['one', ...Array(1000).fill('two')]);
          else if (path === '/hold') {
            console.log('holding');
            await hold();
          } else if (path === '/held-stream') return heldPieces();
          else if (path === '/die') process.kill(process.pid, 'SIGKILL');
          else if (path === '/meet') {
            console.log('first', context.awsRequestId);
            if (++here === 3) meet();
            await allHere;
            console.log('second', context.awsRequestId);
          }
          return path;
        };

        async function* pieces(all) {
          yield { statusCode: 202, headers: { 'content-type': 'text/event-stream' } };
          for (const piece of all) {
            if (released === 0) await once(steps, 'step');
            released--;
            yield piece;
          }
        }

        async function noted(path) {
          atMost = Math.max(atMost, ++inside);
          appendFileSync('begun', path + '\n');
          for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);   // so that others have the chance to begin
          inside--;
          return String(atMost);
        }

        async function hold() {
          while (!existsSync('go')) await pause(1);
        }

        async function* heldPieces() {
          yield { statusCode: 202 };
          yield 'one';
          await hold();
          yield 'two';
        }
        """;

    /// <summary>The workers that serve shared connections.</summary>
    public static TheoryData<string> Runtimes => [Workers.Node, Workers.Python];

    /// <summary>The function loaded.</summary>
    public static Task<WorkerHarness> ServeAsync(string runtime, int concurrency = 8) => Workers.ServeAsync(runtime, Python, Node, concurrency);

    /// <summary>Each of the workers with each of these.</summary>
    public static TheoryData<string, int> WithConcurrency(params int[] concurrencies) => new(Runtimes.SelectMany(runtime => concurrencies.Select(c => (runtime.Data, c))));

    /// <summary>The paths below /note whose handler has begun, in order.</summary>
    public static string[] Begun(WorkerHarness worker) => File.Exists(Path.Combine(worker.Code, "begun")) ? File.ReadAllLines(Path.Combine(worker.Code, "begun")) : [];

    /// <summary>A request that is answered with <paramref name="times"/> times <paramref name="text"/>.</summary>
    public static InvocationRequest Repeat(string text, int times) => new() { Path = "/repeat", Query = $"times={times}&text={Uri.EscapeDataString(text)}" };

    public static InvocationRequest To(string path) => new() { Path = path, Id = path };
}
