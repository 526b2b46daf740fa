using System.Net;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Scaling;

/// <summary>The open-loop client against a server that answers at once: what of the other figures is its own.</summary>
internal static class OwnCost
{
    private const double LagP99MsMax = 5;

    public static async Task<bool> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var rate = arguments.Number("rate", 2000);
        var duration = TimeSpan.FromSeconds(arguments.Number("seconds", 10));
        using var client = new OpenLoopClient(new IPEndPoint(IPAddress.Loopback, arguments.Number("port")), ["hello"], Arrivals.Periodic(rate, duration, 0));
        var used = new Processors();
        var result = await client.RunAsync(cancellationToken);
        var processors = used.Summary();
        Verdict.Print("client", result.FailureCount == 0 && result.Lag.Percentile(99) <= LagP99MsMax, new { rate, seconds = duration.TotalSeconds, load = result.Summary(), processors });
        return result.FailureCount == 0;
    }
}
