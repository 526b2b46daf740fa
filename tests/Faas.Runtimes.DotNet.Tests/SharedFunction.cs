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

            public static object Handle(HttpEvent request, FunctionContext context)
            {
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
                    case "/meet":
                        Console.WriteLine("first " + context.InvocationId);
                        AllHere.SignalAndWait();
                        Console.WriteLine("second " + context.InvocationId);
                        break;
                }

                return HttpResult.Text(request.Path);
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
    public static async Task<WorkerHarness> ServeAsync(string runtime)
    {
        Assert.Equal("dotnet", runtime);
        var worker = await DotNetWorker.StartFromSourceAsync(Source);
        await worker.SpecializeOkAsync("Shared.Handle");
        return worker;
    }

    /// <summary>A request that is answered with <paramref name="times"/> times <paramref name="text"/>.</summary>
    public static InvocationRequest Repeat(string text, int times) => new() { Path = "/repeat", Query = $"times={times}&text={Uri.EscapeDataString(text)}" };

    public static InvocationRequest To(string path) => new() { Path = path, Id = path };
}
