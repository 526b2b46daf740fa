using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Controller.Metering;

/// <summary>Prices of one version, and what comes of them. Immutable.</summary>
/// <param name="Version">The number that usage records have.</param>
/// <param name="Since">Invocations received from then on cost this.</param>
/// <param name="Terms">The prices.</param>
internal sealed record Prices(int Version, DateTimeOffset Since, PriceTerms Terms)
{
    /// <summary>When they come into force: µs since 1970.</summary>
    public long SinceUs { get; } = (Since - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Billed time: see <see cref="Charge.BilledMs"/>.</summary>
    public long BilledMs(TimeSpan run, InvocationError outcome, bool ran) => Charge.BilledMs(Terms, run, outcome, ran);

    /// <summary>Cost of a request: see <see cref="Charge.OfRequest"/>.</summary>
    public decimal CostOf(long billedMs, int memoryMiB) => Charge.OfRequest(Terms, billedMs, memoryMiB);

    /// <summary>What a request that is billed costs in addition: see <see cref="Charge.OfExtras"/>.</summary>
    public decimal CostOfExtras(long cpuUs, long bytesOut) => Charge.OfExtras(Terms, cpuUs, bytesOut);
}
