using Faas.Runtimes.DotNet.Tests;

namespace Faas.Runtimes.Tests;

/// <summary>The function that tests of shared connections call, in C#: its path says what to do.</summary>
internal static class SharedFunction
{
    private const string Source = """
        public static class Shared
        {
            private static readonly ManualResetEventSlim Gate = new();
            private static readonly SemaphoreSlim Steps = new(0);
            private static readonly Barrier AllHere = new(3);
            private static readonly Lock Counting = new();
            private static readonly string Code = Environment.GetEnvironmentVariable("LAMBDA_TASK_ROOT")!;
            private static int inside;
            private static int atMost;

            public static object Handle(HttpEvent request, FunctionContext context)
            {
                if (request.Path.StartsWith("/note"))
                {
                    return HttpResult.Text(Noted(request.Path));
                }

                switch (request.Path)
                {
                    case "/wait":
                        try
                        {
                            Console.WriteLine("waiting");
                            Gate.Wait(context.CancellationToken);
                        }
                        finally
                        {
                            Console.WriteLine("left");
                        }

                        break;
                    case "/open":
                        Gate.Set();
                        break;
                    case "/step":
                        Steps.Release();
                        break;
                    case "/fail":
                        throw new ArgumentException("no such order");
                    case "/echo":
                        return HttpResult.Text(System.Text.Encoding.UTF8.GetString(request.Body.Span));
                    case "/nothing":
                        return new HttpResult(204);
                    case "/repeat":
                        return HttpResult.Text(string.Concat(Enumerable.Repeat(request.Query["text"], int.Parse(request.Query["times"]))));
                    case "/steps":
                        return HttpResult.Stream(Pieces(context.CancellationToken), "text/event-stream", 202);
                    case "/hold":
                        Console.WriteLine("holding");
                        Hold();
                        break;
                    case "/held-stream":
                        return HttpResult.Stream(HeldPieces(), "text/event-stream", 202);
                    case "/die":
                        System.Diagnostics.Process.GetCurrentProcess().Kill();
                        break;
                    case "/meet":
                        Console.WriteLine("first " + context.InvocationId);
                        AllHere.SignalAndWait();
                        Console.WriteLine("second " + context.InvocationId);
                        break;
                }

                return HttpResult.Text(request.Path);
            }

            private static string Noted(string path)
            {
                lock (Counting)
                {
                    atMost = Math.Max(atMost, ++inside);
                    System.IO.File.AppendAllText(System.IO.Path.Combine(Code, "begun"), path + "\n");
                }

                Thread.Sleep(2);   // so that others have the chance to begin
                lock (Counting)
                {
                    inside--;
                }

                return atMost.ToString();
            }

            private static void Hold()
            {
                while (!System.IO.File.Exists(System.IO.Path.Combine(Code, "go")))
                {
                    Thread.Sleep(1);
                }
            }

            private static async IAsyncEnumerable<string> HeldPieces()
            {
                yield return "one";
                await Task.Run(Hold);
                yield return "two";
            }

            private static async IAsyncEnumerable<string> Pieces([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
            {
                yield return "";   // the head leaves with the first piece
                foreach (var piece in new[] { "one", "two" })
                {
                    await Steps.WaitAsync(stop);
                    yield return piece;
                }
            }
        }
        """;

    /// <summary>The worker that this project tests.</summary>
    public static TheoryData<string> Runtimes => ["dotnet"];

    /// <summary>The function loaded.</summary>
    public static async Task<WorkerHarness> ServeAsync(string runtime, int concurrency = 8)
    {
        Assert.Equal("dotnet", runtime);
        var worker = await DotNetWorker.StartFromSourceAsync(Source);
        await worker.SpecializeOkAsync("Shared.Handle", concurrency: concurrency);
        return worker;
    }

    /// <summary>Each of the workers with each of these.</summary>
    public static TheoryData<string, int> WithConcurrency(params int[] concurrencies) => new(Runtimes.SelectMany(runtime => concurrencies.Select(c => (runtime.Data, c))));

    /// <summary>The paths below /note whose handler has begun, in order.</summary>
    public static string[] Begun(WorkerHarness worker) => File.Exists(Path.Combine(worker.Code, "begun")) ? File.ReadAllLines(Path.Combine(worker.Code, "begun")) : [];

    /// <summary>A request that is answered with <paramref name="times"/> times <paramref name="text"/>.</summary>
    public static InvocationRequest Repeat(string text, int times) => new() { Path = "/repeat", Query = $"times={times}&text={Uri.EscapeDataString(text)}" };

    public static InvocationRequest To(string path) => new() { Path = path, Id = path };
}
