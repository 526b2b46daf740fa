using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Warm;

/// <summary>The gateway's memory while it answers many requests: what it has after a tenth of them it should still have after the last one.</summary>
internal static class MemoryOverTime
{
    private const int Connections = 64;
    private const int Concurrency = 64;

    public static async Task<ResultLine> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        long wanted = bench.Plan.IsQuick ? 200_000 : 10_000_000;
        var slice = TimeSpan.FromSeconds(bench.Plan.IsQuick ? 1 : 10);
        await bench.DeployAsync(FunctionCode.Hello, Concurrency, cancellationToken);
        var groups = bench.Platform.Groups;
        double Resident(string group) => groups.Single(found => found.Name == group).ResidentMiB();

        var line = new ResultLine("memory", bench.Plan);
        var (load, request) = (new WrkLoad(Connections), LoadRequest.Get(FunctionCode.Hello.Name));
        double? atTenth = null;
        double most = 0;
        long done = 0;
        var (before, controllerBefore) = (Resident("gateway"), Resident("controller"));
        var rates = new List<double>();
        while (done < wanted)
        {
            var result = await load.RunAsync(bench.Platform.Address, request, slice, cancellationToken);
            done += result.Requests;
            rates.Add(result.PerSecond);
            var now = Resident("gateway");
            most = Math.Max(most, now);
            atTenth ??= done >= wanted / 10 ? now : null;
            Console.Error.WriteLine($"memory: {done} requests, gateway {now:0.0} MiB, controller {Resident("controller"):0.0} MiB, {result.PerSecond:0}/s");
            if (result.Failure is not null || result.Requests == 0)
            {
                line.Fail($"platform after {done} requests: {result.Failure ?? "no answer"}");
                break;
            }
        }

        line.Add("requests", done, 0);
        line.Add("platformRps", Statistics.Median(rates), 1);
        line.Add("gatewayRssMiBBefore", before, 1);
        line.Add("gatewayRssMiBAtTenth", atTenth, 1);
        line.Add("gatewayRssMiBMost", most, 1);
        line.Add("gatewayRssMiBAfter", Resident("gateway"), 1);
        line.Add("gatewayGrownMiB", Resident("gateway") - atTenth, 1);
        line.Add("controllerRssMiBBefore", controllerBefore, 1);
        line.Add("controllerRssMiBAfter", Resident("controller"), 1);
        await bench.Target.DeleteAsync(FunctionCode.Hello.Name, cancellationToken);
        return line;
    }
}
