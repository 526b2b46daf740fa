using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Warm;

/// <summary>The same load on every contender in turn, in another order each round: what disturbs the machine disturbs them all.</summary>
/// <param name="Name">The scenario's.</param>
/// <param name="Plan">How long and how often.</param>
/// <param name="Contenders">Who.</param>
/// <param name="Load">What.</param>
internal sealed record Comparison(string Name, Plan Plan, IReadOnlyList<Contender> Contenders, ILoad Load)
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs all rounds; <paramref name="requestOf"/> says what each contender is asked.</summary>
    public async Task<IReadOnlyList<Measurement>> RunAsync(Func<Contender, LoadRequest> requestOf, CancellationToken cancellationToken)
    {
        var measurements = new List<Measurement>();
        for (var round = 0; round <= Plan.Rounds; round++)
        {
            foreach (var contender in Order(round))
            {
                await Task.Delay(Settle, TimeProvider.System, cancellationToken);
                var meter = new CpuMeter(contender.Groups);
                var load = await Load.RunAsync(contender.Address, requestOf(contender), round == 0 ? Plan.WarmUp : Plan.Duration, cancellationToken);
                var measurement = new Measurement(contender.Name, round, load, meter.Spent());
                measurements.Add(measurement);
                Console.Error.WriteLine($"{Name}, {(round == 0 ? "warm-up" : $"round {round}")}: {measurement.Text()}");
            }
        }

        return measurements;
    }

    public Task<IReadOnlyList<Measurement>> RunAsync(LoadRequest request, CancellationToken cancellationToken) => RunAsync(_ => request, cancellationToken);

    /// <summary>Whoever was first comes last, and every second round runs backwards.</summary>
    private IEnumerable<Contender> Order(int round)
    {
        var first = round % Contenders.Count;
        var order = Contenders.Skip(first).Concat(Contenders.Take(first));
        return round % 2 == 0 ? order : order.Reverse();
    }
}
