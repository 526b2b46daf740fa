namespace Faas.LoadTests.OpenLoop;

/// <summary>Every arrival and what became of it, in order of time.</summary>
/// <param name="Arrivals">The schedule.</param>
/// <param name="Outcomes">One for each arrival.</param>
/// <param name="Lag">How late requests left, in milliseconds: the client's own part in all latencies, large when the machine's processors were all taken.</param>
/// <param name="ConnectionsMost">Most connections open at the same time.</param>
internal sealed record OpenLoopResult(Arrival[] Arrivals, Outcome[] Outcomes, Latencies Lag, int ConnectionsMost)
{
    public int FailureCount => Outcomes.Count(outcome => outcome.Failure is not null);

    /// <summary>How many failed in which way.</summary>
    public Dictionary<string, int> Failures() =>
        Outcomes.Where(outcome => outcome.Failure is not null).GroupBy(outcome => outcome.Failure!).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>Latencies of those that succeeded.</summary>
    public Latencies Latencies(Func<Arrival, bool> counts)
    {
        var latencies = new Latencies();
        for (var i = 0; i < Arrivals.Length; i++)
        {
            if (Outcomes[i].Failure is null && counts(Arrivals[i]))
            {
                latencies.Add(Outcomes[i].Milliseconds);
            }
        }

        return latencies;
    }

    /// <summary>What every open-loop measurement reports.</summary>
    public object Summary() => new
    {
        requests = Arrivals.Length,
        failed = FailureCount,
        failures = Failures(),
        latencyMs = Latencies(_ => true).Summary(),
        firstSecondMs = Latencies(arrival => arrival.At < TimeSpan.FromSeconds(1)).Summary(),
        connections = ConnectionsMost,
        clientLagMs = Lag.Summary(),
    };
}
