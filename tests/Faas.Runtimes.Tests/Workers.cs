namespace Faas.Runtimes.Tests;

/// <summary>The scripted workers, and a way to write one test for both: the same function in each language.</summary>
internal static class Workers
{
    public const string Node = "node";
    public const string Python = "python";

    private static readonly string Runtimes = Path.Combine(FindRoot(), "runtimes");

    /// <summary>A stem without code.</summary>
    public static Task<WorkerHarness> StartAsync(string runtime) => WorkerHarness.StartAsync(runtime switch
    {
        Node => new WorkerCommand("node", Path.Combine(Runtimes, "node", "worker.js")),
        Python => new WorkerCommand("python3", Path.Combine(Runtimes, "python", "worker.py")),
        _ => throw new ArgumentOutOfRangeException(nameof(runtime)),
    });

    /// <summary>A stem whose code directory has the function as <c>app.py</c> or <c>app.js</c>.</summary>
    public static async Task<WorkerHarness> StartAsync(string runtime, string python, string node)
    {
        var worker = await StartAsync(runtime);
        worker.WriteCode(runtime == Node ? "app.js" : "app.py", runtime == Node ? node : python);
        return worker;
    }

    /// <summary>The function loaded as <c>app.handler</c>, ready for invocations.</summary>
    public static async Task<WorkerHarness> ServeAsync(string runtime, string python, string node, int concurrency = 8)
    {
        var worker = await StartAsync(runtime, python, node);
        await worker.SpecializeOkAsync("app.handler", concurrency: concurrency);
        return worker;
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "runtimes", "PROTOCOL.md")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the source tree.");
        }

        return directory.FullName;
    }
}
