using System.ComponentModel.DataAnnotations;
using Faas.Contracts.Api;

namespace Faas.Controller.Metering;

/// <summary>
/// What an invocation costs, as configured: section <c>Faas:Prices</c>, read again when <c>faas.json</c> changes. The defaults are AWS Lambda's public x86 list prices in us-east-1
/// (first tier, without the free one): 0.20 USD per million requests and 0.0000166667 USD per GiB-second.
/// </summary>
internal sealed class PriceTable
{
    /// <summary>ISO 4217 code. It stays as it is once something has cost anything.</summary>
    [Required, RegularExpression("[A-Z]{3}", ErrorMessage = "Currency must be three capital letters (ISO 4217)")]
    public string Currency { get; set; } = "USD";

    /// <summary>Price of a million requests.</summary>
    [Range(0, 1_000_000)]
    public decimal PerMillionRequests { get; set; } = 0.20m;

    /// <summary>Price of one GiB of memory for one second.</summary>
    [Range(0, 1_000_000)]
    public decimal PerGiBSecond { get; set; } = 0.0000166667m;

    /// <summary>
    /// Price of one second of CPU time as measured, so that waiting costs none; nothing by default, as AWS Lambda counts memory alone. What cannot be measured (a program behind HTTP) costs nothing.
    /// </summary>
    [Range(0, 1_000_000)]
    public decimal PerVCpuSecond { get; set; }

    /// <summary>Price of 10^9 bytes of response body; nothing by default, because what leaves a machine of one's own mostly costs nothing.</summary>
    [Range(0, 1_000_000)]
    public decimal PerGBOut { get; set; }

    /// <summary>Running time is rounded up to a multiple of so many ms.</summary>
    [Range(1, 60_000)]
    public int RoundUpMs { get; set; } = 1;

    /// <summary>Fewest ms of a billed invocation.</summary>
    [Range(1, 60_000)]
    public int MinimumMs { get; set; } = 1;

    /// <summary>Billed invocations that cost a namespace nothing in a calendar month (UTC).</summary>
    [Range(0, long.MaxValue)]
    public long FreeRequests { get; set; }

    /// <summary>GiB-seconds that cost a namespace nothing in a calendar month (UTC).</summary>
    [Range(0, 1e15)]
    public decimal FreeGiBSeconds { get; set; }

    /// <summary>Price of one GiB that is allotted for one second while nothing runs; nothing by default, because idle instances are the platform's own choice.</summary>
    [Range(0, 1_000_000)]
    public decimal PerIdleGiBSecond { get; set; }

    public PriceTerms ToTerms() => new()
    {
        Currency = Currency,
        PerMillionRequests = PerMillionRequests,
        PerGiBSecond = PerGiBSecond,
        PerVCpuSecond = PerVCpuSecond,
        PerGBOut = PerGBOut,
        RoundUpMs = RoundUpMs,
        MinimumMs = MinimumMs,
        FreeRequests = FreeRequests,
        FreeGiBSeconds = FreeGiBSeconds,
        PerIdleGiBSecond = PerIdleGiBSecond,
    };
}
