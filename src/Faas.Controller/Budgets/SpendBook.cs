using System.Runtime.InteropServices;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Storage;

namespace Faas.Controller.Budgets;

/// <summary>
/// What every function and namespace has spent in the running day and month: read from the ledger's sums once, and added to with each commit of the ledger, so that it is what a bill would say at
/// any moment. All functions are in it, those without a budget too: a new budget counts from the period's beginning. Thread-safe.
/// </summary>
internal sealed class SpendBook
{
    /// <summary>The last day of the year 9999, beyond which there are no dates.</summary>
    private const int DayMax = 2_932_896;

    private readonly Lock _lock = new();
    private readonly Dictionary<Account, long> _spent = [];
    private int _prunedOn;

    /// <summary>Something was added. Called by the store's thread, with no lock held.</summary>
    public Action? Added { get; set; }

    /// <summary>Reads what the running month has cost so far. To be called before anything is ingested.</summary>
    public static async Task<SpendBook> OpenAsync(IUsageLedger ledger, DateTimeOffset now, CancellationToken ct)
    {
        var book = new SpendBook();
        var month = BudgetTimes.StartOf(BudgetPeriod.Month, now);
        var days = await ledger.SumsAsync(UsagePeriod.Day, month, BudgetTimes.EndOf(BudgetPeriod.Month, month), ct);
        book.Add([.. days.Select(day => new UsageSpend(day.Function, BudgetTimes.DayOf(day.Start), PicoMoney.FromAmount(day.Totals.Cost)))]);
        return book;
    }

    /// <summary>Counts what was committed.</summary>
    public void Add(IReadOnlyList<UsageSpend> spent)
    {
        lock (_lock)
        {
            foreach (var (function, day, pico) in spent)
            {
                if (day is < 0 or > DayMax)
                {
                    continue;   // a clock that was far off; no period of ours has it, and the store's thread must not end of it
                }

                var month = BudgetTimes.DayOf(BudgetTimes.StartOf(BudgetPeriod.Month, BudgetTimes.StartOf(day)));
                var space = FunctionName.NamespaceOf(function);
                Add(new Account(false, function, BudgetPeriod.Day, day), pico);
                Add(new Account(false, function, BudgetPeriod.Month, month), pico);
                Add(new Account(true, space, BudgetPeriod.Day, day), pico);
                Add(new Account(true, space, BudgetPeriod.Month, month), pico);
            }
        }

        Added?.Invoke();
    }

    /// <summary>Spent of a budget in the period that begins at <paramref name="start"/>, in pico-units.</summary>
    public long SpentPico(BudgetKey key, DateTimeOffset start)
    {
        lock (_lock)
        {
            return _spent.GetValueOrDefault(new Account(key.Function is null, key.Function ?? key.Namespace!, key.Period, BudgetTimes.DayOf(start)));   // it has one of them
        }
    }

    /// <summary>Forgets days and months that are over. Does so once a day.</summary>
    public void Prune(DateTimeOffset now)
    {
        var (day, month) = (BudgetTimes.DayOf(now), BudgetTimes.DayOf(BudgetTimes.StartOf(BudgetPeriod.Month, now)));
        lock (_lock)
        {
            if (_prunedOn == day)
            {
                return;
            }

            _prunedOn = day;
            foreach (var account in _spent.Keys.Where(account => account.StartDay < (account.Period == BudgetPeriod.Day ? day : month)).ToList())
            {
                _spent.Remove(account);
            }
        }
    }

    private void Add(Account account, long pico) => CollectionsMarshal.GetValueRefOrAddDefault(_spent, account, out _) += pico;

    /// <summary>Whose money, and of when.</summary>
    private readonly record struct Account(bool IsNamespace, string Name, BudgetPeriod Period, int StartDay);
}
