namespace Faas.Contracts.Api;

/// <summary>What may be spent, and what happens on the way: the body of <c>PUT /v1/budgets/{id}</c>.</summary>
public sealed record BudgetSpec
{
    /// <summary>Most that can be said: what the ledger's sums can hold.</summary>
    public const decimal AmountMax = 1_000_000;

    /// <summary>Thresholds of one budget.</summary>
    public const int ThresholdsMax = 10;

    /// <summary>Largest threshold in percent.</summary>
    public const int PercentMax = 1000;

    /// <summary>Most invocations a second that a throttled function may be given.</summary>
    public const double RateMax = 10_000;

    /// <summary>Fewest: one in a thousand seconds. Who wants less wants to stop.</summary>
    public const double RateMin = 0.001;

    private const int Decimals = 12;

    /// <summary>The amount in the currency of the prices: above 0, at most <see cref="AmountMax"/>, with at most 12 decimal places. It is compared with costs before any free tier.</summary>
    public required decimal Amount { get; init; }

    /// <summary>Percentages of the amount at which somebody is told, 1 to <see cref="PercentMax"/>, at most <see cref="ThresholdsMax"/> of them. 50, 80 and 100 by default.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = [50, 80, 100];

    /// <summary>What happens when all of it is spent; functions are stopped by default.</summary>
    public BudgetAction Action { get; init; } = BudgetAction.Stop;

    /// <summary>Invocations a second that each function is left with when it is throttled, <see cref="RateMin"/> to <see cref="RateMax"/>. One by default.</summary>
    public double RatePerSecond { get; init; } = 1;

    /// <summary>An http or https address that is told as well; null for none.</summary>
    public string? Webhook { get; init; }

    /// <summary>A built-in topic on which it is published as well; null for none.</summary>
    public string? Topic { get; init; }

    /// <summary>What is wrong with it, in a sentence; null when nothing is.</summary>
    public string? Problem() =>
        Amount is <= 0 or > AmountMax || decimal.Round(Amount, Decimals) != Amount ? $"a budget's amount must be above 0 and at most {AmountMax:0}, with at most {Decimals} decimal places"
        : Thresholds is null || Thresholds.Count > ThresholdsMax || Thresholds.Any(percent => percent is < 1 or > PercentMax) ? $"thresholds are at most {ThresholdsMax} percentages of 1 to {PercentMax}"
        : Thresholds.Distinct().Count() != Thresholds.Count ? "each threshold may be there once"
        : !Enum.IsDefined(Action) ? "a budget's action is warn, throttle or stop"
        : !(RatePerSecond >= RateMin && RatePerSecond <= RateMax) ? FormattableString.Invariant($"a throttled function is left with {RateMin} to {RateMax} invocations a second")
        : null;
}

/// <summary>What happens when a budget is spent.</summary>
public enum BudgetAction
{
    /// <summary>Somebody is told, and nothing else.</summary>
    Warn,

    /// <summary>Each function is left with a few invocations a second, and refuses the others.</summary>
    Throttle,

    /// <summary>Functions refuse invocations.</summary>
    Stop,
}
