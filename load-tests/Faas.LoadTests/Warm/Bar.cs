using System.Globalization;
using System.Text.Json.Nodes;

namespace Faas.LoadTests.Warm;

/// <summary>A figure that the platform is to reach.</summary>
/// <param name="Scenario">Whose line has it.</param>
/// <param name="Field">The field.</param>
/// <param name="IsFloor">Whether more is better.</param>
/// <param name="Limit">The least or the most.</param>
/// <param name="Title">What it says.</param>
internal sealed record Bar(string Scenario, string Field, bool IsFloor, double Limit, string Title)
{
    public static IReadOnlyList<Bar> All { get; } =
    [
        Floor("hello-64", "ratioToNginx", 0.95, "platform / nginx, hello, 64 connections, concurrency 1: requests/s"),
        Ceiling("hello-64", "gatewayCpuToNginx", 1.15, "the same: CPU of the gateway / of nginx"),
        Floor("hello-64-shared", "ratioToNginx", 1.15, "platform / nginx, hello, 64 connections, concurrency 64: requests/s"),
        Ceiling("hello-1", "p50ToNginx", 1.1, "platform / nginx, hello, 1 connection: p50"),
        Floor("hello-64", "ratioToYarp", 1.5, "platform / bare YARP, hello, 64 connections, concurrency 1: requests/s"),
        Ceiling("hello-64", "gatewayCpuToYarp", 0.65, "the same: CPU of the gateway / of YARP"),
        Floor("hello-64-shared", "ratioToYarp", 1.5, "platform / bare YARP, hello, 64 connections, concurrency 64: requests/s"),
        Ceiling("hello-64-shared", "gatewayCpuToYarp", 0.65, "the same: CPU of the gateway / of YARP"),
        Floor("echo-10k", "ratioToNginx", 0.9, "platform / nginx, 10 KB echo, 64 connections, concurrency 1: requests/s"),
        Floor("echo-10k-shared", "ratioToNginx", 0.9, "platform / nginx, 10 KB echo, 64 connections, concurrency 64: requests/s"),
        Floor("echo-1m", "ratioToNginx", 0.7, "platform / nginx, 1 MiB both ways, concurrency 1: bytes/s"),
        Floor("echo-1m-shared", "ratioToNginx", 0.7, "platform / nginx, 1 MiB both ways, concurrency 64: bytes/s"),
        Floor("node", "ratioToDirect", 1, "platform / a direct HTTP server, Node hello: requests/s"),
        Floor("python", "ratioToDirect", 1, "platform / a bare asyncio protocol, Python hello: requests/s"),
        Floor("uvicorn", "ratioToDirect", 1, "platform / uvicorn, Python hello, concurrency 1: requests/s"),
        Floor("uvicorn-shared", "ratioToDirect", 1, "platform / uvicorn, Python hello, concurrency 64: requests/s"),
        Floor("functions-1000", "ratioToOne", 0.9, "many functions called at random / one function: requests/s"),
        Ceiling("memory", "gatewayRssMiBAfter", 100, "memory of the gateway after many requests, MiB"),
        Ceiling("memory", "gatewayGrownMiB", 5, "the same: growth since a tenth of them, MiB"),
        Ceiling("start", "startP50Ms", 150, "start of the gateway to the first answer, p50, ms"),
    ];

    /// <summary>A row of the report; null when the scenario was not measured.</summary>
    public string? Row(IReadOnlyDictionary<string, JsonNode> lines)
    {
        if (!lines.TryGetValue(Scenario, out var line))
        {
            return null;
        }

        var limit = string.Create(CultureInfo.InvariantCulture, $"{(IsFloor ? ">=" : "<=")} {Limit}");
        return line[Field]?.GetValue<double>() is { } value
            ? string.Create(CultureInfo.InvariantCulture, $"| {Title} | {limit} | {value} | {((IsFloor ? value >= Limit : value <= Limit) ? "yes" : "**no**")} |")
            : $"| {Title} | {limit} | - | not measured |";
    }

    private static Bar Floor(string scenario, string field, double limit, string title) => new(scenario, field, true, limit, title);

    private static Bar Ceiling(string scenario, string field, double limit, string title) => new(scenario, field, false, limit, title);
}
