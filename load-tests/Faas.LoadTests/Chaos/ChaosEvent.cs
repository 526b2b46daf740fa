namespace Faas.LoadTests.Chaos;

/// <summary>One event of a round: what is sent, and which invocations its caller was promised.</summary>
/// <param name="Token">Its body, which no other event has.</param>
internal sealed record ChaosEvent(string Token)
{
    private const int BurstMax = 100;

    /// <summary>When it is sent at the earliest, from the round's beginning on.</summary>
    public TimeSpan At { get; init; }

    /// <summary>What <c>X-Faas-Delay</c> says; null for nothing.</summary>
    public string? Delay { get; init; }

    /// <summary>The id that its caller gives it; null when the platform does.</summary>
    public string? ChosenId { get; init; }

    /// <summary>How its request is sent.</summary>
    public Sending Sending { get; init; }

    /// <summary>Whether nobody can tell two deliveries of it from two events, so that one that was cut off may become another invocation.</summary>
    public bool MayBecomeSeveral { get; init; }

    /// <summary>The ids of its 202 answers. Empty: nobody promised anything.</summary>
    public IReadOnlyList<string> Promised { get; set; } = [];

    /// <summary>Runs of it that were recorded when it was last judged.</summary>
    public int JudgedRuns { get; set; } = -1;

    /// <summary>Events of one round, which come in bursts, <paramref name="rate"/> a second on average. The same seed gives the same.</summary>
    public static IReadOnlyList<ChaosEvent> Plan(int round, int count, double rate, Random random)
    {
        var isDelayed = round % 2 == 0;
        var events = new List<ChaosEvent>(count);
        while (events.Count < count)
        {
            var at = TimeSpan.FromSeconds(events.Count / rate);
            var burst = random.Next(1, BurstMax + 1);
            for (var i = 0; i < burst && events.Count < count; i++)
            {
                events.Add(Draw($"r{round}-e{events.Count}", isDelayed, random) with { At = at });
            }
        }

        return events;
    }

    private static ChaosEvent Draw(string token, bool isDelayed, Random random)
    {
        // Everything is drawn for each event, so that what one is does not change the next one.
        var (delay, sending, id) = (random.NextDouble(), random.NextDouble(), random.NextDouble());
        return new ChaosEvent(token)
        {
            Delay = isDelayed && delay < 0.3 ? $"{100 + (int)(delay / 0.3 * 2900)}ms" : null,
            Sending = sending switch { < 0.05 => Sending.TwiceAtOnce, < 0.1 => Sending.TwiceInTurn, _ => Sending.Once },
            ChosenId = id < 0.2 ? $"chosen-{token}" : null,
        };
    }
}

/// <summary>How often a request is sent.</summary>
internal enum Sending
{
    /// <summary>Once, and never again.</summary>
    Once,

    /// <summary>Twice at the same time, with one Idempotency-Key.</summary>
    TwiceAtOnce,

    /// <summary>Once more, with the same Idempotency-Key, when the first was answered or its connection broke.</summary>
    TwiceInTurn,
}
