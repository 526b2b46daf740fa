namespace Faas.Runtimes.Tests;

/// <summary>A function for tests of shared connections: its path says what to do.</summary>
internal static class SharedFunction
{
    private const string Python = """
        import threading
        gate = threading.Event()
        steps = threading.Semaphore(0)
        all_here = threading.Barrier(3)

        def handler(event, context):
            path = event["rawPath"]
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
        """;

    private const string Node = """
        const { EventEmitter, once } = require('events');
        let open, meet, released = 0, here = 0;
        const gate = new Promise((r) => { open = r; });
        const allHere = new Promise((r) => { meet = r; });
        const steps = new EventEmitter();

        exports.handler = async (event, context) => {
          const path = event.rawPath;
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
          else if (path === '/steps') return pieces();
          else if (path === '/meet') {
            console.log('first', context.awsRequestId);
            if (++here === 3) meet();
            await allHere;
            console.log('second', context.awsRequestId);
          }
          return path;
        };

        async function* pieces() {
          yield { statusCode: 202, headers: { 'content-type': 'text/event-stream' } };
          for (const piece of ['one', 'two']) {
            if (released === 0) await once(steps, 'step');
            released--;
            yield piece;
          }
        }
        """;

    /// <summary>The workers that serve shared connections.</summary>
    public static TheoryData<string> Runtimes => [Workers.Node, Workers.Python];

    /// <summary>The function loaded.</summary>
    public static Task<WorkerHarness> ServeAsync(string runtime) => Workers.ServeAsync(runtime, Python, Node);

    /// <summary>A request that is answered with <paramref name="times"/> times <paramref name="text"/>.</summary>
    public static InvocationRequest Repeat(string text, int times) => new() { Path = "/repeat", Query = $"times={times}&text={Uri.EscapeDataString(text)}" };

    public static InvocationRequest To(string path) => new() { Path = path, Id = path };
}
