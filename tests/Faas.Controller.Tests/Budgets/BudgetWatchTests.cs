using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Budgets;
using Faas.Controller.Link;
using Faas.Controller.Scaling;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Budgets;

/// <summary>The loop that looks at budgets when something is spent, and when a period ends.</summary>
public sealed class BudgetWatchTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly BudgetKey Today = BudgetKey.OfFunction("hello", BudgetPeriod.Day);

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-watch-").FullName;
    private readonly FakeTimeProvider _clock = new(Noon);
    private SqliteStore _store = null!;   // InitializeAsync runs before every test
    private BudgetBook _book = null!;
    private BudgetWatch _watch = null!;
    private int _holdsChanged;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct);
        var link = new FleetLink(new FleetTable(new GatewayOutbox(), new Dictionary<string, RememberedActivity>(), _clock), new GatewayLimits(), _clock);
        var spend = await SpendBook.OpenAsync(_store, _clock.GetUtcNow(), Ct);
        _store.SpendCommitted = spend.Add;
        _book = new BudgetBook(_store.Budgets, spend, link, _clock) { HoldsChanged = () => Interlocked.Increment(ref _holdsChanged) };
        var notices = new BudgetNotices(null!, "USD", _clock, NullLogger<BudgetNotices>.Instance);   // budgets without address and topic are told in the log only
        _watch = new BudgetWatch(_book, spend, notices, _clock, NullLogger<BudgetWatch>.Instance);
        await _watch.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(CancellationToken.None);
        _watch.Dispose();
        _book.Dispose();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_budget_holds_soon_after_it_is_spent_and_lets_go_at_midnight_without_anything_being_spent()
    {
        await _book.SetAsync(Today, new BudgetSpec { Amount = 1 }, Ct);
        await SpendAsync(1);
        await UntilAsync(() => _book.LimitOf("hello") == 0);
        Assert.InRange(_clock.GetUtcNow() - Noon, TimeSpan.Zero, TimeSpan.FromSeconds(30));   // of a clock that runs while the test waits
        await UntilAsync(() => _book.Find(Today)!.Value.Budget.Progress.ToldPercent == 100);
        _clock.SetUtcNow(new DateTimeOffset(2026, 11, 30, 23, 59, 59, TimeSpan.Zero));
        Assert.Equal(0, _book.LimitOf("hello"));
        await UntilAsync(() => _book.LimitOf("hello") is null);
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(_book.ReleasedAt("hello").UtcDateTime.Date, TimeSpan.Zero));
        await UntilAsync(() => Volatile.Read(ref _holdsChanged) == 2);
    }

    [Fact]
    public async Task A_budget_that_is_made_when_all_is_spent_is_told_without_further_spending()
    {
        await SpendAsync(5);
        await _book.SetAsync(Today, new BudgetSpec { Amount = 1, Action = BudgetAction.Warn, Thresholds = [80, 500] }, Ct);
        await UntilAsync(() => _book.Find(Today)!.Value.Budget.Progress.ToldPercent == 500);
        Assert.Null(_book.LimitOf("hello"));
    }

    private Task<long> SpendAsync(decimal cost)
    {
        var record = new UsageRecord
        {
            InvocationId = "a", Function = "hello", Revision = "r1", Instance = "i1", ReceivedAt = _clock.GetUtcNow(), BilledMs = 1, MemoryMiB = 128, Status = 200, Cost = cost,
        };
        return _store.IngestAsync(new("boot", 0, 0, 1), chunk => chunk.Add(record), Ct);
    }

    /// <summary>Lets time go on until another thread has brought about what is waited for.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            _clock.Advance(TimeSpan.FromMilliseconds(20));
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
