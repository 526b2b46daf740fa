using Faas.Contracts.Api;
using Faas.Storage;

namespace Faas.Controller.Metering.Costs;

/// <summary>What invocations would have cost elsewhere. Each counts by itself, because clouds round each by itself.</summary>
internal sealed class CloudComparisons
{
    /// <summary>Records that are looked at, half a second for each million: above that, a shorter time is to be asked for.</summary>
    public const long RecordsMax = 20_000_000;

    /// <summary>Running times are told apart by the ms, which no tariff is finer than; with the memory they are few, so that each is priced once.</summary>
    private readonly Dictionary<(long Ms, int MemoryMiB), long> _runs = [];
    private readonly byte[]? _function;
    private readonly UsageScope _scope;
    private long _costPico;

    private CloudComparisons(UsageScope scope)
    {
        _scope = scope;
        _function = scope.Function is null ? null : System.Text.Encoding.UTF8.GetBytes(scope.Function);
    }

    /// <summary>Compares; null when there are more than <see cref="RecordsMax"/> records.</summary>
    public static async Task<CloudComparison?> OfAsync(IUsageLedger ledger, UsageScope scope, string currency, CancellationToken ct)
    {
        var comparison = new CloudComparisons(scope);
        return await ledger.VisitAsync(scope.From, scope.To, RecordsMax, comparison.Take, ct) ? comparison.ToAnswer(currency) : null;
    }

    private void Take(in UsageLine line)
    {
        if (line.BilledMs == 0 || !IsMeant(line.Function))
        {
            return;
        }

        var key = ((line.RunUs + 999) / 1000, line.MemoryMiB);
        _runs[key] = _runs.GetValueOrDefault(key) + 1;
        _costPico = checked(_costPico + line.CostPico);
    }

    private bool IsMeant(ReadOnlySpan<byte> function)
    {
        if (_function is not null && !function.SequenceEqual(_function))
        {
            return false;
        }

        if (_scope.Namespace is null)
        {
            return true;
        }

        var dot = function.IndexOf((byte)'.');
        return System.Text.Encoding.UTF8.GetString(dot < 0 ? [] : function[(dot + 1)..]) == _scope.Namespace;
    }

    private CloudComparison ToAnswer(string currency) => new(
        _scope.From, _scope.To, _runs.Values.Sum(), PicoMoney.ToAmount(_costPico), currency,
        [.. CloudTariffs.All.Select(tariff => new CloudCost(
            tariff.Name, decimal.Round(_runs.Sum(run => run.Value * tariff.CostOf(run.Key.Ms * 1000, run.Key.MemoryMiB)), 12), tariff.FreeTier, tariff.Rounding, tariff.Source, tariff.AsOf))]);
}
