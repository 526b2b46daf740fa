using System.Runtime.CompilerServices;
using System.Text;
using Faas.Functions;

namespace TestFunctions;

public class Returns
{
    private static readonly SemaphoreSlim Gate = new(0);

    public static void Void() { }
    public static Task Task() => System.Threading.Tasks.Task.CompletedTask;
    public static async ValueTask ValueTask() => await System.Threading.Tasks.Task.Yield();
    public static Order Value() => new(1, "å", 2.5m);
    public static async Task<Order> TaskValue() { await System.Threading.Tasks.Task.Yield(); return Value(); }
    public static async ValueTask<Order> ValueTaskValue() { await System.Threading.Tasks.Task.Yield(); return Value(); }
    public static Task<int> TaskInt() => System.Threading.Tasks.Task.FromResult(7);
    public static object Anything() => Value();
    public static Order? Null() => null;
    public static string? NullText() => null;
    public static string Text() => "plain å";
    public static byte[] Bytes() => [1, 2, 255];
    public static Stream Stream() => new MemoryStream(Encoding.UTF8.GetBytes("streamed"));
    public static Stream Endless() => new Slow();
    public static Animal Animal() => new Cat { Name = "Mia" };
    public static IReadOnlyList<int> List() => [1, 2];

    public static HttpResult Created() => HttpResult.Json(Value(), 201).WithHeader("Location", "/1").WithHeader("set-cookie", "a=1").WithHeader("Set-Cookie", "b=2").WithHeader("Connection", "close");
    public static HttpResult Empty() => HttpResult.NoContent();
    public static HttpResult Redirect() => HttpResult.Redirect("/there");
    public static HttpResult Html() => HttpResult.Html("<p>å</p>");
    public static async Task<HttpResult> NotFound() { await System.Threading.Tasks.Task.Yield(); return HttpResult.NotFound("no"); }
    public static HttpResult StreamResult() => HttpResult.Stream(Stream(), "image/png");
    public static HttpResult Events() => HttpResult.Stream(Texts(default), "text/event-stream");

    public static HttpResult FileResult()
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable("LAMBDA_TASK_ROOT")!, "big.bin");
        return HttpResult.File(path, "application/x-big", "gröss.bin");
    }

    public static async IAsyncEnumerable<string> Texts([EnumeratorCancellation] CancellationToken token)
    {
        yield return "a";
        await System.Threading.Tasks.Task.Yield();
        yield return "b\n";
    }

    public static async IAsyncEnumerable<Order> Objects()
    {
        yield return new Order(1, "x", 1);
        await System.Threading.Tasks.Task.Yield();
        yield return new Order(2, "y", 2);
    }

    public static async IAsyncEnumerable<byte[]> ByteItems()
    {
        yield return [1];
        yield return [2, 3];
    }

    /// <summary>Gives one item, and the next only when another invocation has called <see cref="Release"/>.</summary>
    public static async IAsyncEnumerable<string> Gated()
    {
        yield return "first";
        await Gate.WaitAsync();
        yield return "second";
    }

    public static void Release() => Gate.Release();

    public static object GatedOrRelease(string what)
    {
        if (what == "release") { Release(); return "released"; }
        return Gated();
    }

    public static async IAsyncEnumerable<string> Breaks()
    {
        yield return "one";
        throw new InvalidOperationException("midway");
    }

    public static async IAsyncEnumerable<int> Forever([EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                yield return i;
                await System.Threading.Tasks.Task.Delay(5, token);
            }
        }
        finally
        {
            Console.WriteLine("enumerator ended");
        }
    }

    public static byte[] Large() => Enumerable.Range(0, 300_000).Select(i => (byte)i).ToArray();
    public static Action Delegate() => () => { };
    public static object Cycle() { var list = new List<object>(); list.Add(list); return list; }
    public static HttpResult LongHeader() => HttpResult.Ok().WithHeader("x", new string('x', 70_000));
    public static Task NullTask() => null!;

    private sealed class Slow : MemoryStream
    {
        private int _left = 3;
        public override bool CanSeek => false;
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await System.Threading.Tasks.Task.Yield();
            if (_left-- <= 0) { return 0; }
            buffer.Span[0] = (byte)'z';
            return 1;
        }
    }
}
