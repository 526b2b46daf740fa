using Faas.Contracts.Invocations;

namespace Faas.Contracts.Api;

/// <summary>What usage is told apart by in <c>GET /v1/usage?by=</c>.</summary>
public enum UsageKey
{
    /// <summary>The function.</summary>
    Function,

    /// <summary>The namespace, which is what follows the dot in a function's name.</summary>
    Namespace,

    /// <summary>The revision.</summary>
    Revision,

    /// <summary>How invocations ended.</summary>
    Outcome,

    /// <summary>The version of the prices.</summary>
    Price,

    /// <summary>The day, in UTC.</summary>
    Day,

    /// <summary>The hour.</summary>
    Hour,

    /// <summary>The minute.</summary>
    Minute,
}

/// <summary>What was used, and what it cost, before any free tier: <c>GET /v1/usage</c>.</summary>
/// <param name="From">The first moment that counts.</param>
/// <param name="To">The first moment after.</param>
/// <param name="Rows">Ordered by what they are told apart by, in the order in which that was asked for.</param>
/// <param name="Total">All of them together.</param>
public sealed record UsageReport(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<UsageRow> Rows, UsageTotals Total);

/// <summary>Usage of one kind. What it is not told apart by is null.</summary>
/// <param name="Totals">What it adds up to.</param>
public sealed record UsageRow(UsageTotals Totals)
{
    /// <summary>When its day, hour or minute begins.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>The function's name.</summary>
    public string? Function { get; init; }

    /// <summary>The namespace; empty for functions without one.</summary>
    public string? Namespace { get; init; }

    /// <summary>The revision.</summary>
    public string? Revision { get; init; }

    /// <summary>How the invocations ended.</summary>
    public InvocationError? Outcome { get; init; }

    /// <summary>The version of the prices; 0 from before there were versions.</summary>
    public int? Price { get; init; }
}

/// <summary>What a calendar month (UTC) comes to: <c>GET /v1/bill?month=2026-11</c>.</summary>
/// <param name="Month">Its first day.</param>
/// <param name="IsOver">Whether nothing is added to it any more.</param>
/// <param name="Lines">One for each namespace, by name.</param>
/// <param name="Cost">Costs of all invocations.</param>
/// <param name="FreeTier">What of it is free.</param>
/// <param name="Due">What remains.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record Bill(DateOnly Month, bool IsOver, IReadOnlyList<BillLine> Lines, decimal Cost, decimal FreeTier, decimal Due, string Currency)
{
    /// <summary>Memory that was allotted while nothing ran; null when the prices have no idle rate. It is in <see cref="Due"/> and in nothing else.</summary>
    public BillIdle? Idle { get; init; }
}

/// <summary>What idle instances come to.</summary>
/// <param name="GiBSeconds">GiB-seconds, warm and frozen ones; stems are not in it.</param>
/// <param name="Cost">What they cost.</param>
public sealed record BillIdle(double GiBSeconds, decimal Cost);

/// <summary>What one namespace's month comes to.</summary>
/// <param name="Namespace">Its name; empty for functions without one.</param>
/// <param name="Billed">Invocations that are billed.</param>
/// <param name="GiBSeconds">Billed GiB-seconds.</param>
/// <param name="BytesOut">Bytes of answers.</param>
/// <param name="Cost">Costs of its invocations: the sum of its usage records.</param>
/// <param name="FreeTier">What of it is free.</param>
/// <param name="Due">What remains.</param>
public sealed record BillLine(string Namespace, long Billed, double GiBSeconds, long BytesOut, decimal Cost, decimal FreeTier, decimal Due);

/// <summary>Where the running month is going: <c>GET /v1/forecast</c>.</summary>
/// <param name="Month">Its first day.</param>
/// <param name="SoFar">Costs until now.</param>
/// <param name="Expected">Costs of the whole month, if the days that are left are like those before.</param>
/// <param name="Low">Two standard deviations of the days' costs below, at least what it is so far.</param>
/// <param name="High">Two standard deviations above.</param>
/// <param name="DaysSeen">Whole days that it is based on, at most 28; with fewer than 14 the days of the week are not told apart, with none today stands for all.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record CostForecast(DateOnly Month, decimal SoFar, decimal Expected, decimal Low, decimal High, int DaysSeen, string Currency);

/// <summary>What the same invocations would have cost elsewhere, by list prices and without discounts: <c>GET /v1/usage/clouds</c>.</summary>
/// <param name="From">The first moment that counts.</param>
/// <param name="To">The first moment after.</param>
/// <param name="Invocations">Billed invocations that were compared, each by its own time and memory.</param>
/// <param name="Cost">What they cost here, before any free tier.</param>
/// <param name="Currency">ISO 4217 code of <paramref name="Cost"/>.</param>
/// <param name="Clouds">What they would have cost there.</param>
public sealed record CloudComparison(DateTimeOffset From, DateTimeOffset To, long Invocations, decimal Cost, string Currency, IReadOnlyList<CloudCost> Clouds);

/// <summary>What invocations would have cost in one cloud.</summary>
/// <param name="Name">The cloud's offer.</param>
/// <param name="CostUsd">In US dollars, before its free tier.</param>
/// <param name="FreeTier">What it gives away in a month, in words.</param>
/// <param name="Rounding">How it rounds, in words.</param>
/// <param name="Source">Where its prices are from.</param>
/// <param name="AsOf">Of when what was read about them is; they may have changed since.</param>
public sealed record CloudCost(string Name, decimal CostUsd, string FreeTier, string Rounding, string Source, DateOnly AsOf);
