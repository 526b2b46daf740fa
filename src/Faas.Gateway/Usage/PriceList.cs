using System.Globalization;
using System.Text;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Link;

namespace Faas.Gateway.Usage;

/// <summary>
/// What invocations cost, as the controller tells, so that an answer can say it: by the same computation as the ledger's, from the same numbers. Without a list answers say nothing. Read by any thread, replaced by one.
/// </summary>
internal sealed class PriceList
{
    /// <summary>Costs that are remembered for each version of the prices: most invocations cost what one before them did.</summary>
    private const int Remembered = 1024;

    private volatile Version[] _versions = [];

    /// <summary>Replaces the list.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public void Set(Prices prices) => _versions = [.. prices.Versions.Select(version => new Version(
        version.SinceUs, JsonSerializer.Deserialize(version.Terms, FaasJson.Default.PriceTerms) ?? throw new JsonException("there are no prices")))];

    /// <summary>What an invocation costs that has ended; null while the prices are not known, or are not to be told.</summary>
    public InvocationCost? CostOf(in BilledRun run)
    {
        var versions = _versions;
        for (var i = versions.Length - 1; i >= 0; i--)
        {
            if (run.ReceivedUnixUs >= versions[i].SinceUs || i == 0)
            {
                return versions[i].CostOf(run);
            }
        }

        return null;
    }

    private sealed class Version(long sinceUs, PriceTerms terms)
    {
        private readonly InvocationCost?[] _known = new InvocationCost?[Remembered];

        public long SinceUs => sinceUs;

        public InvocationCost CostOf(in BilledRun run)
        {
            var billedMs = Charge.BilledMs(terms, TimeSpan.FromMicroseconds(run.RunUs), run.Outcome, run.HasInstance);
            if (billedMs != 0 && (terms.PerVCpuSecond != 0 || terms.PerGBOut != 0))
            {
                return new InvocationCost(billedMs, run.MemoryMiB, Charge.OfRequest(terms, billedMs, run.MemoryMiB) + Charge.OfExtras(terms, run.CpuUs, run.BytesOut), terms.Currency);
            }

            ref var known = ref _known[(billedMs + run.MemoryMiB) % Remembered];
            if (known is not { } cost || cost.BilledMs != billedMs || cost.MemoryMiB != run.MemoryMiB)
            {
                known = cost = new InvocationCost(billedMs, run.MemoryMiB, Charge.OfRequest(terms, billedMs, run.MemoryMiB), terms.Currency);
            }

            return cost;
        }
    }
}

/// <summary>What of an invocation makes its cost: what its record will say.</summary>
/// <param name="ReceivedUnixUs">When its head had been read: µs since 1970.</param>
/// <param name="RunUs">µs of running.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="HasInstance">Whether an instance ran it.</param>
/// <param name="MemoryMiB">The instance's size.</param>
/// <param name="CpuUs">µs of CPU time.</param>
/// <param name="BytesOut">Bytes of its answer's body.</param>
internal readonly record struct BilledRun(long ReceivedUnixUs, long RunUs, InvocationError Outcome, bool HasInstance, int MemoryMiB, long CpuUs, long BytesOut);

/// <summary>What one invocation is billed, as headers.</summary>
internal sealed class InvocationCost
{
    /// <summary>Bytes that <see cref="Lines"/> has at most: an amount of 29 digits, a currency, a time.</summary>
    public const int LinesLengthMax = 128;

    public InvocationCost(long billedMs, int memoryMiB, decimal amount, string currency)
    {
        BilledMs = billedMs;
        MemoryMiB = memoryMiB;
        Amount = amount.ToString("0.############", CultureInfo.InvariantCulture) + " " + currency;
        Milliseconds = billedMs.ToString(CultureInfo.InvariantCulture);
        Lines = Encoding.ASCII.GetBytes($"X-Faas-Cost: {Amount}\r\nX-Faas-Billed-Ms: {Milliseconds}\r\n");
    }

    /// <summary>Billed time in ms; 0 when it is not billed.</summary>
    public long BilledMs { get; }

    /// <summary>The instance's size.</summary>
    public int MemoryMiB { get; }

    /// <summary>Value of X-Faas-Cost, for example <c>0.000000208333 USD</c>.</summary>
    public string Amount { get; }

    /// <summary>Value of X-Faas-Billed-Ms.</summary>
    public string Milliseconds { get; }

    /// <summary>Both headers as they are on the wire, each with its line's end.</summary>
    public byte[] Lines { get; }
}
