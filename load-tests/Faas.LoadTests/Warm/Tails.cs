using Faas.LoadTests.Loads;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Warm;

/// <summary>Latencies at a rate that does not depend on answers: a fifth of what the platform can do, for all contenders the same. At a half, the client, which makes a connection for whoever comes while all others wait, would take more of the cores than what it measures.</summary>
internal static class Tails
{
    private const int Connections = 64;
    private const int CapacityShare = 5;
    private static readonly TimeSpan BurstLength = TimeSpan.FromMilliseconds(100);

    public static Scenario Constant { get; } = new(
        "tail", "hello, C#, concurrency 1: one request every so often, at a fifth of the platform's own capacity",
        (bench, cancellationToken) => RunAsync("tail", bench, rate => new OpenLoad($"open loop, {rate:0}/s", duration => Arrivals.Periodic(rate, duration, 0)), cancellationToken));

    public static Scenario Burst { get; } = new(
        "burst", $"hello, C#, concurrency 1: bursts of {BurstLength.TotalMilliseconds} ms at two fifths of the platform's own capacity with pauses as long, callers that know nothing of each other",
        (bench, cancellationToken) => RunAsync(
            "burst", bench,
            rate => new OpenLoad($"open loop, {2 * rate:0}/s in bursts", duration => Arrivals.Bursty(rate, duration, BurstLength, 0, new Random(1))),
            cancellationToken));

    private static async Task<ResultLine> RunAsync(string name, Bench bench, Func<double, ILoad> loadAt, CancellationToken cancellationToken)
    {
        await bench.DeployAsync(FunctionCode.Hello, 1, cancellationToken);
        var request = LoadRequest.Get(FunctionCode.Hello.Name);
        var closed = new WrkLoad(Connections);
        await closed.RunAsync(bench.Platform.Address, request, bench.Plan.WarmUp, cancellationToken);
        var capacity = (await closed.RunAsync(bench.Platform.Address, request, bench.Plan.Duration, cancellationToken)).PerSecond;
        Console.Error.WriteLine($"{name}: the platform's capacity is {capacity:0}/s");
        var comparison = new Comparison(name, bench.Plan, bench.All(), loadAt(capacity / CapacityShare));
        var line = new ResultLine(name, bench.Plan).Add(comparison, await comparison.RunAsync(request, cancellationToken));
        line.Add("capacityRps", capacity, 1);
        line.Add("targetRps", capacity / CapacityShare, 1);
        await bench.Target.DeleteAsync(FunctionCode.Hello.Name, cancellationToken);
        return line;
    }
}
