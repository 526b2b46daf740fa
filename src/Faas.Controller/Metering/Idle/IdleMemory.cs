using Faas.Contracts.Api;
using Faas.Controller.Metering.Costs;
using Faas.Storage;

namespace Faas.Controller.Metering.Idle;

/// <summary>Answers what was allotted while nothing ran, up to now.</summary>
internal sealed class IdleMemory(MemoryTimeKeeper keeper, IMemoryTimeStore store, IUsageLedger ledger, PriceBook prices)
{
    /// <summary>The report of whole days.</summary>
    public async Task<IdleReport> ReadAsync(UsageScope scope, bool byDay, CancellationToken ct) =>
        await ReadAsync(scope, byDay, await ledger.SumsAsync(UsagePeriod.Day, scope.From, scope.To, ct), ct);

    /// <summary>The bill with what idle instances cost in its month, if any version of the prices has a rate for that.</summary>
    /// <param name="bill">Of invocations.</param>
    /// <param name="days">The usage that it is of.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<Bill> AddToAsync(Bill bill, IReadOnlyList<UsagePeriodSum> days, CancellationToken ct)
    {
        if (prices.All.All(one => one.Terms.PerIdleGiBSecond == 0))
        {
            return bill;
        }

        var idle = (await ReadAsync(new UsageScope(Bills.StartOf(bill.Month), Bills.StartOf(bill.Month.AddMonths(1))), byDay: false, days, ct)).Total;
        return bill with { Idle = new BillIdle(idle.Warm + idle.Frozen, idle.Cost), Due = bill.Due + idle.Cost };
    }

    private async Task<IdleReport> ReadAsync(UsageScope scope, bool byDay, IReadOnlyList<UsagePeriodSum> billed, CancellationToken ct)
    {
        await keeper.StoreAsync(ct);   // so that it is of now, and not of the last minute
        var allotted = await store.ListAsync(DateOnly.FromDateTime(scope.From.UtcDateTime), DateOnly.FromDateTime(scope.To.UtcDateTime), ct);
        return IdleReports.Of(scope, byDay, allotted, billed, prices.All);
    }
}
