using System.Net;
using Faas.LoadTests.OpenLoop;

namespace Faas.LoadTests.Loads;

/// <summary>Our own client: requests leave when their schedule says, and are timed from then.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Schedule">The arrivals of a load that lasts so long.</param>
internal sealed record OpenLoad(string Name, Func<TimeSpan, IEnumerable<Arrival>> Schedule) : ILoad
{
    public async Task<LoadResult> RunAsync(IPEndPoint server, LoadRequest request, TimeSpan duration, CancellationToken cancellationToken)
    {
        if (request.Body is not null)
        {
            throw new ArgumentException("the open-loop client sends no bodies");
        }

        using var client = new OpenLoopClient(server, request.Functions, Schedule(duration));
        var result = await client.RunAsync(cancellationToken);
        var latencies = result.Latencies(_ => true);
        return new LoadResult(
            latencies.Count, latencies.Count / duration.TotalSeconds, latencies.Percentile(50) ?? 0, latencies.Percentile(99) ?? 0, result.FailureCount)
        {
            Failure = result.FailureCount > 0 ? string.Join(", ", result.Failures().Select(pair => $"{pair.Value} times {pair.Key}")) : null,
            P999Ms = latencies.Percentile(99.9),
            ClientLagP99Ms = result.Lag.Percentile(99),
        };
    }
}
