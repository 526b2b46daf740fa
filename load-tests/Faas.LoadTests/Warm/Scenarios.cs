using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.LoadTests.Loads;
using Functions;

namespace Faas.LoadTests.Warm;

/// <summary>All scenarios. `load-tests/run.sh` names the same ones, and says which platform each gets.</summary>
internal static class Scenarios
{
    /// <summary>Of the functions whose names end in `-shared`; all others have the default of 1.</summary>
    private const int Shared = 64;

    private const int Mebi = 1 << 20;

    private static readonly LoadRequest JsonOrder = new([FunctionCode.Json.Name], OneKilobyte(), "application/json");

    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. Hello(1, 16, 64, 256),
        .. BothConcurrencies("json-1k", "1 KB of JSON in, 1 KB out, C#", FunctionCode.Json, 64, JsonOrder),
        .. BothConcurrencies("echo-10k", "10 KB in, 10 KB out, C#", FunctionCode.Echo, 64, Echo(10 * 1024)),
        Warm("echo-1m", "1 MiB in, 1 MiB out, C#, 8 connections, concurrency 1", FunctionCode.Echo, 1, 8, Echo(Mebi), 2 * Mebi),
        Warm("echo-1m-shared", $"1 MiB in, 1 MiB out, C#, 8 connections, concurrency {Shared}", FunctionCode.Echo, Shared, 8, Echo(Mebi), 2 * Mebi),
        Warm("streaming", "16 chunks of 1 KiB that leave one by one, C#, 64 connections", FunctionCode.Stream, 1, 64, LoadRequest.Get(FunctionCode.Stream.Name)),
        .. InLanguage("node", FunctionCode.NodeHello, "node:http"),
        .. InLanguage("python", FunctionCode.PythonHello, "an asyncio protocol that parses no more than it must, no threads"),
        .. InLanguage("uvicorn", FunctionCode.PythonHello, "uvicorn with uvloop and httptools"),
        InLanguage("http-shared", "python", FunctionCode.HttpHello, "the same program without the platform", Shared),
        Tails.Constant,
        Tails.Burst,
        new("memory", "the gateway's memory over many requests, hello, 64 connections, concurrency 64", MemoryOverTime.RunAsync),
        new("functions-1000", "many functions deployed and many of them called at random, beside one function, 64 connections", ManyFunctions.RunAsync),
        new("functions-1000-nginx", "nginx before as many Python servers, each called at random, beside one of them, 64 connections", ManyFunctions.RunNginxAsync),
        new("start", "from the start of the gateway's process to the first answer of a function", GatewayStart.RunAsync),
    ];

    public static Scenario Find(string name) =>
        All.FirstOrDefault(scenario => scenario.Name == name)
            ?? throw new ArgumentException($"There is no scenario '{name}'. There are: {string.Join(", ", All.Select(scenario => scenario.Name))}.");

    private static IEnumerable<Scenario> Hello(params int[] connections) => connections.SelectMany(number =>
        BothConcurrencies($"hello-{number}", "hello, C#", FunctionCode.Hello, number, LoadRequest.Get(FunctionCode.Hello.Name)));

    private static IEnumerable<Scenario> BothConcurrencies(string name, string title, FunctionCode code, int connections, LoadRequest request) =>
    [
        Warm(name, $"{title}, {connections} connections, concurrency 1", code, 1, connections, request),
        Warm($"{name}-shared", $"{title}, {connections} connections, concurrency {Shared}", code, Shared, connections, request),
    ];

    private static IEnumerable<Scenario> InLanguage(string server, FunctionCode code, string what) => [InLanguage(server, server, code, what, 1), InLanguage($"{server}-shared", server, code, what, Shared)];

    private static Scenario InLanguage(string name, string server, FunctionCode code, string what, int concurrency) => new(
        name, $"hello, {code.Runtime}, 64 connections, concurrency {concurrency}; direct is one process: {what}",
        (bench, cancellationToken) => CompareAsync(name, bench, bench.Beside(server), code, concurrency, 64, LoadRequest.Get(code.Name), cancellationToken));

    private static Scenario Warm(string name, string title, FunctionCode code, int concurrency, int connections, LoadRequest request, int? bytes = null) => new(
        name, title, async (bench, cancellationToken) =>
        {
            var line = await CompareAsync(name, bench, bench.All(), code, concurrency, connections, request, cancellationToken);
            if (bytes is { } number)
            {
                line.Add("bytesPerRequest", number, 0);
            }

            return line;
        });

    private static async Task<ResultLine> CompareAsync(
        string name, Bench bench, IReadOnlyList<Contender> contenders, FunctionCode code, int concurrency, int connections, LoadRequest request, CancellationToken cancellationToken)
    {
        await bench.DeployAsync(code, concurrency, cancellationToken);
        await SameAnswers.CheckAsync(contenders, request, cancellationToken);
        var comparison = new Comparison(name, bench.Plan, contenders, new WrkLoad(connections));
        var line = new ResultLine(name, bench.Plan).Add(comparison, await comparison.RunAsync(request, cancellationToken));
        line.Add("instances", (await bench.Target.DescribeAsync(code.Name, cancellationToken)).Instances.Count, 0);
        await bench.Target.DeleteAsync(code.Name, cancellationToken);
        return line;
    }

    private static LoadRequest Echo(int bytes) => new([FunctionCode.Echo.Name], new string('x', bytes));

    private static string OneKilobyte() => JsonSerializer.Serialize(
        new Order("2026-004711", "Ada Lovelace", [.. Enumerable.Range(1, 10).Select(i => new OrderLine($"article-{i:000}", "A thing that is in the catalogue", i, 9.90m + i))]),
        JsonSerializerOptions.Web);
}
