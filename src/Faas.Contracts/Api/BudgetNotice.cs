namespace Faas.Contracts.Api;

/// <summary>What is told when a budget's threshold is reached: the data of a CloudEvent of type <c>faas.budget.threshold</c>, or <c>faas.budget.exceeded</c> from 100 % on.</summary>
/// <param name="Budget">The budget's id.</param>
/// <param name="Percent">The threshold that was reached.</param>
public sealed record BudgetNotice(string Budget, int Percent)
{
    /// <summary>The function that it is for; null when it is a namespace's.</summary>
    public string? Function { get; init; }

    /// <summary>The namespace that it is for; null when it is a function's.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its period.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>When the running period began.</summary>
    public required DateTimeOffset PeriodStart { get; init; }

    /// <summary>When the running period ends.</summary>
    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>The budget's amount.</summary>
    public required decimal Amount { get; init; }

    /// <summary>Spent when this was written.</summary>
    public required decimal Spent { get; init; }

    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>What is done about it.</summary>
    public required BudgetState State { get; init; }
}
