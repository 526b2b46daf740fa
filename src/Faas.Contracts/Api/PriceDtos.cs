namespace Faas.Contracts.Api;

/// <summary>What invocations cost, from one moment to the next change: an element of <c>GET /v1/prices</c>.</summary>
/// <param name="Version">The number that usage records name, from 1 on.</param>
/// <param name="Since">Invocations received from then on cost this.</param>
/// <param name="Terms">The prices.</param>
public sealed record PriceDescription(int Version, DateTimeOffset Since, PriceTerms Terms);

/// <summary>Prices, and how time is rounded.</summary>
public sealed record PriceTerms
{
    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>A million billed invocations.</summary>
    public required decimal PerMillionRequests { get; init; }

    /// <summary>One GiB of memory for one second.</summary>
    public required decimal PerGiBSecond { get; init; }

    /// <summary>One second of CPU time, as measured.</summary>
    public decimal PerVCpuSecond { get; init; }

    /// <summary>10^9 bytes of response body.</summary>
    public decimal PerGBOut { get; init; }

    /// <summary>Running time is rounded up to a multiple of this, in ms.</summary>
    public required int RoundUpMs { get; init; }

    /// <summary>No billed invocation counts for less, in ms.</summary>
    public required int MinimumMs { get; init; }

    /// <summary>Billed invocations of a namespace in a calendar month (UTC) that cost nothing.</summary>
    public long FreeRequests { get; init; }

    /// <summary>GiB-seconds of a namespace in a calendar month (UTC) that cost nothing.</summary>
    public decimal FreeGiBSeconds { get; init; }

    /// <summary>One GiB that is allotted for one second while nothing runs.</summary>
    public decimal PerIdleGiBSecond { get; init; }
}
