using System.Globalization;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Invoking;

/// <summary>What one invocation cost, by its usage record, which is in the ledger about a tenth of a second after the answer.</summary>
internal static class InvocationCost
{
    /// <summary>How often it is asked for: for a second, and on a machine that stands still meanwhile no less often. The answer is on the terminal by then.</summary>
    private const int AsksMax = 20;

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>A line such as <c>billed 2 ms at 256 MiB: 0.0000000083 USD; 1.3 ms of CPU time, 31.2 MiB of memory at most</c>; null when there is no record yet, or who asks may not see it.</summary>
    public static async Task<string?> FindAsync(FaasClient client, string function, string invocationId, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            for (var asked = 0; asked < AsksMax; asked++)
            {
                if (await client.ListInvocationsAsync(function, invocationId, 1, cancellationToken) is [var record, ..])
                {
                    var cost = record.Cost.ToString("0.00##########", CultureInfo.InvariantCulture);
                    var billed = record.BilledMs == 0 ? "not billed" : $"billed {record.BilledMs} ms at {record.MemoryMiB} MiB: {cost} {await CurrencyAsync(client, cancellationToken)}";
                    return record.Cpu == TimeSpan.Zero ? billed : $"{billed}; {Text.Duration(record.Cpu)} of CPU time, {Text.Bytes(record.PeakKiB * 1024)} of memory at most";
                }

                await Task.Delay(AskEvery, time, cancellationToken);
            }

            return null;
        }
        catch (Exception e) when (e is FaasApiException or FaasUnreachableException)
        {
            return null;   // the answer counts; this is said beside it
        }
    }

    private static async Task<string> CurrencyAsync(FaasClient client, CancellationToken cancellationToken) => (await client.Costs.ListPricesAsync(cancellationToken))[^1].Terms.Currency;
}
