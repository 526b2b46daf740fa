using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Controller.Link;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Budgets;

/// <summary>
/// The budgets. They are compared with what is spent whenever something is, and what must be held back is told to the gateway and to the queue. The store is written first, always. Thread-safe.
/// </summary>
internal sealed class BudgetBook(IBudgetStore store, SpendBook spend, FleetLink link, TimeProvider time) : IEventHolds, IDisposable
{
    /// <summary>Budgets of one platform: each is looked at with every commit of the ledger.</summary>
    public const int CountMax = 10_000;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1, 1);   // one change at a time, so that the store and this have the same
    private readonly Dictionary<string, Budget> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _lifted = new(StringComparer.Ordinal);   // when a budget ceased to hold, of those that do not any more
    private HashSet<string> _holding = new(StringComparer.Ordinal);
    private BudgetHolds _holds = BudgetHolds.None;

    /// <summary>Called when other functions are held back than before, with no lock held.</summary>
    public Action? HoldsChanged { get; set; }

    /// <summary>Called when a budget is set, with no lock held: what is spent already may be worth telling.</summary>
    public Action? Changed { get; set; }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _budgets.Count;
            }
        }
    }

    /// <summary>All of them and what is spent of each, by id.</summary>
    public IReadOnlyList<(Budget Budget, long SpentPico)> All
    {
        get
        {
            var now = time.GetUtcNow();
            lock (_lock)
            {
                return [.. _budgets.Values.Select(budget => WithSpent(budget, now)).OrderBy(one => one.Budget.Key.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Reads the budgets, and holds back what they have to before a gateway asks.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        var stored = await store.ListAsync(ct);
        lock (_lock)
        {
            foreach (var budget in stored.Select(Budget.Parse))
            {
                _budgets[budget.Key.Id] = budget;
            }
        }

        Enforce();
    }

    /// <summary>A budget and what is spent of it; null when there is none.</summary>
    public (Budget Budget, long SpentPico)? Find(BudgetKey key)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return _budgets.TryGetValue(key.Id, out var budget) ? WithSpent(budget, now) : null;
        }
    }

    /// <summary>Makes or changes a budget. When this returns the gateway knows what follows from it. False when there are too many.</summary>
    public async Task<bool> SetAsync(BudgetKey key, BudgetSpec spec, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            var now = time.GetUtcNow();
            var earlier = Find(key);
            if (earlier is null && Count >= CountMax)
            {
                return false;
            }

            var budget = earlier is { } known
                ? known.Budget.With(spec, known.SpentPico, now)
                : new Budget(key, spec, new BudgetProgress { PeriodStart = BudgetTimes.StartOf(key.Period, now) });
            await store.SaveAsync(budget.ToStored(), ct);
            lock (_lock)
            {
                _budgets[key.Id] = budget;
            }
        }
        finally
        {
            _writing.Release();
        }

        await EnforceNowAsync(ct);
        Changed?.Invoke();
        return true;
    }

    /// <summary>Deletes a budget, and lets go what it has held back. False when there is none.</summary>
    public async Task<bool> DeleteAsync(BudgetKey key, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            if (!await store.DeleteAsync(key.Id, ct))
            {
                return false;
            }

            lock (_lock)
            {
                _budgets.Remove(key.Id);
            }
        }
        finally
        {
            _writing.Release();
        }

        await EnforceNowAsync(ct);
        return true;
    }

    /// <summary>Compares all budgets with what is spent, and holds back or lets go what follows from it.</summary>
    /// <returns>When the next period of any budget begins; null when there is no budget.</returns>
    public DateTimeOffset? Enforce()
    {
        var now = time.GetUtcNow();
        spend.Prune(now);
        bool isChanged;
        DateTimeOffset? next = null;
        lock (_lock)
        {
            var holds = new List<(BudgetKey, BudgetHold)>();
            foreach (var one in _budgets.Values)
            {
                var (budget, spent) = WithSpent(one, now);
                next = next is null || budget.End < next ? budget.End : next;
                if (budget.HoldAt(spent) is { } hold)
                {
                    holds.Add((budget.Key, hold));
                }
            }

            NoteLifted([.. holds.Select(hold => hold.Item1.Id)], now);
            var changed = new BudgetHolds(holds);
            isChanged = !changed.IsSame(_holds);
            if (isChanged)
            {
                Volatile.Write(ref _holds, changed);
                link.Hold(changed);   // with the lock, so that an older one cannot come later
            }
        }

        if (isChanged)
        {
            HoldsChanged?.Invoke();
        }

        return next;
    }

    /// <summary>Budgets with thresholds that are reached and not told.</summary>
    public IReadOnlyList<(Budget Budget, long SpentPico, int Percent)> Due() =>
        [.. from one in All from percent in one.Budget.DueAt(one.SpentPico) select (one.Budget, one.SpentPico, percent)];

    /// <summary>A threshold was told.</summary>
    public async Task ToldAsync(Budget told, int percent, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            // It may have been raised or deleted meanwhile, and a new period may have begun.
            if (Find(told.Key) is not { } found || found.Budget.Start != told.Start || found.Budget.Spec.Amount != told.Spec.Amount)
            {
                return;
            }

            var budget = found.Budget with { Progress = found.Budget.Progress with { ToldPercent = Math.Max(percent, found.Budget.Progress.ToldPercent) } };
            await store.SaveStateAsync(budget.Key.Id, budget.StateText, ct);
            lock (_lock)
            {
                _budgets[budget.Key.Id] = budget;
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public int? LimitOf(string function) => Volatile.Read(ref _holds).Of(function) is { } hold ? (int)Math.Ceiling(hold.PerSecond) : null;

    /// <inheritdoc/>
    public DateTimeOffset ReleasedAt(string function)
    {
        var now = time.GetUtcNow();
        var space = FunctionName.NamespaceOf(function);
        var released = DateTimeOffset.MinValue;
        lock (_lock)
        {
            if (_budgets.Count == 0 && _lifted.Count == 0)
            {
                return released;
            }

            foreach (var period in Enum.GetValues<BudgetPeriod>())
            {
                foreach (var id in (ReadOnlySpan<string>)[BudgetKey.OfFunction(function, period).Id, BudgetKey.OfNamespace(space, period).Id])
                {
                    released = Later(released, _budgets.TryGetValue(id, out var budget) ? WithSpent(budget, now).Budget.Progress.LiftedAt : default);
                    released = Later(released, _lifted.GetValueOrDefault(id));
                }
            }
        }

        return released;
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private void NoteLifted(HashSet<string> holding, DateTimeOffset now)
    {
        foreach (var id in _holding)
        {
            if (!holding.Contains(id))
            {
                _lifted[id] = now;   // what is kept of it (BudgetProgress) is only for restarts
            }
        }

        _holding = holding;
    }

    private async Task EnforceNowAsync(CancellationToken ct)
    {
        Enforce();
        await link.AppliedAsync(ct);
    }

    private (Budget Budget, long SpentPico) WithSpent(Budget budget, DateTimeOffset now)
    {
        var current = budget with { Progress = budget.Progress.At(now, budget.Key.Period, budget.Spec.Action) };
        return (current, spend.SpentPico(budget.Key, current.Start));
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
