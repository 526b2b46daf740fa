namespace Faas.Contracts.Api;

/// <summary>A budget and how far it has come: an element of <c>GET /v1/budgets</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Spec">What its user wrote.</param>
public sealed record BudgetDescription(string Id, BudgetSpec Spec)
{
    /// <summary>The function that it is for; null when it is a namespace's.</summary>
    public string? Function { get; init; }

    /// <summary>The namespace that it is for, empty for functions without one; null when it is a function's.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its period.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>When the running period began.</summary>
    public required DateTimeOffset PeriodStart { get; init; }

    /// <summary>When the running period ends.</summary>
    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>Spent in the running period: exactly what the ledger has, before any free tier.</summary>
    public required decimal Spent { get; init; }

    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>What is done because of it at the moment; <see cref="BudgetState.Within"/> below its amount.</summary>
    public required BudgetState State { get; init; }

    /// <summary>The highest threshold that was told in this period, in percent; 0 for none.</summary>
    public int ToldPercent { get; init; }

    /// <summary>Deployed functions that it is for.</summary>
    public int Functions { get; init; }
}

/// <summary>What a budget does at the moment.</summary>
public enum BudgetState
{
    /// <summary>There is something left.</summary>
    Within,

    /// <summary>All is spent, and nothing is done about it but to tell.</summary>
    Exceeded,

    /// <summary>All is spent, and functions are throttled.</summary>
    Throttled,

    /// <summary>All is spent, and functions are stopped.</summary>
    Stopped,
}
