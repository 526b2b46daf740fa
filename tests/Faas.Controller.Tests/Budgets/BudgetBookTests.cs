using System.Threading.Channels;
using Faas.Contracts.Api;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Controller.Budgets;
using Faas.Controller.Link;
using Faas.Controller.Metering;
using Faas.Controller.Metering.Costs;
using Faas.Controller.Scaling;
using Faas.Controller.Tests.Metering;
using Faas.Link;
using Faas.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Budgets;

/// <summary>Budgets over a real ledger, and what they make the controller tell the gateway.</summary>
public sealed class BudgetBookTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly BudgetKey Hello = BudgetKey.OfFunction("hello", BudgetPeriod.Month);
    private static readonly BudgetKey ShopToday = BudgetKey.OfNamespace("shop", BudgetPeriod.Day);

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-budget-").FullName;
    private readonly FakeTimeProvider _clock = new(Noon);
    private SqliteStore _store = null!;   // InitializeAsync runs before every test
    private FleetTable _table = null!;
    private FleetLink _link = null!;
    private SpendBook _spend = null!;
    private BudgetBook _book = null!;
    private int _batches;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_budget_is_spent_to_the_last_pico_unit_and_not_before()
    {
        await _book.SetAsync(Hello, Spec(0.000000000010m), Ct);
        await SpendAsync("hello", 0.000000000009m);
        Assert.Null(HoldOf("hello"));
        await SpendAsync("hello", 0.000000000001m);
        Assert.Equal((0, new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)), HoldOf("hello") is { } hold ? (hold.PerSecond, hold.Until) : default);
        Assert.Contains("function 'hello'", HoldOf("hello")!.Detail, StringComparison.Ordinal);
        Assert.Null(HoldOf("hello2"));
    }

    [Fact]
    public async Task What_was_spent_before_a_budget_was_made_counts()
    {
        await SpendAsync("hello", 3, at: Noon.AddDays(-20));
        await SpendAsync("hello", 9, at: Noon.AddMonths(-1));
        await _book.SetAsync(Hello, Spec(3), Ct);
        Assert.NotNull(HoldOf("hello"));
        Assert.Equal(3, Spent(Hello));
    }

    [Fact]
    public async Task A_namespaces_functions_share_its_budget_and_one_that_is_deployed_later_is_held_at_once()
    {
        await _book.SetAsync(ShopToday, Spec(2), Ct);
        await SpendAsync("pay.shop", 1);
        await SpendAsync("cart.shop", 1);
        await SpendAsync("cart", 5);
        Assert.NotNull(HoldOf("new.shop"));
        Assert.Null(HoldOf("cart"));
        await _book.SetAsync(BudgetKey.OfNamespace("", BudgetPeriod.Day), Spec(5), Ct);
        Assert.NotNull(HoldOf("cart"));
    }

    [Fact]
    public async Task A_restarted_controller_holds_what_was_held_before_a_gateway_asks()
    {
        await _book.SetAsync(Hello, Spec(1), Ct);
        await SpendAsync("hello", 1);
        await StopAsync();
        await StartAsync();
        Serve("hello");
        Assert.Equal(0, Told(_link.Connect("test").Reader)["hello"]!.PerSecond);
    }

    [Fact]
    public async Task The_gateway_is_told_once_when_a_budget_is_spent_and_once_when_it_is_raised()
    {
        Serve("hello");
        Serve("other");
        var messages = _link.Connect("test").Reader;
        Assert.All(Told(messages), route => Assert.Null(route.Value));
        using var answering = Answer(messages, out var routes);
        await _book.SetAsync(Hello, Spec(1) with { Action = BudgetAction.Throttle, RatePerSecond = 7 }, Ct);
        await SpendAsync("hello", 1);
        await SpendAsync("hello", 1);
        await SpendAsync("other", 1);
        await _book.SetAsync(Hello, Spec(3), Ct);
        Assert.Equal([("hello", 7), ("hello", null)], routes.Select(route => (route.Function, route.Budget?.PerSecond)));
    }

    [Fact]
    public async Task A_new_period_begins_with_nothing_spent_and_a_late_record_counts_for_its_own_day()
    {
        await _book.SetAsync(ShopToday, Spec(1), Ct);
        await SpendAsync("pay.shop", 1);
        Assert.NotNull(HoldOf("pay.shop"));
        _clock.SetUtcNow(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(new DateTimeOffset(2026, 12, 2, 0, 0, 0, TimeSpan.Zero), _book.Enforce());
        Assert.Null(HoldOf("pay.shop"));
        Assert.Equal(_clock.GetUtcNow(), _book.ReleasedAt("pay.shop"));
        await SpendAsync("pay.shop", 9, at: Noon);
        Assert.Null(HoldOf("pay.shop"));
        await SpendAsync("pay.shop", 1);
        Assert.NotNull(HoldOf("pay.shop"));
    }

    [Fact]
    public async Task A_record_of_the_next_period_counts_there_though_its_day_has_not_begun_for_this_clock()
    {
        await _book.SetAsync(ShopToday, Spec(1), Ct);
        _clock.SetUtcNow(new DateTimeOffset(2026, 11, 30, 23, 59, 59, TimeSpan.Zero));
        await SpendAsync("pay.shop", 1, at: _clock.GetUtcNow().AddSeconds(1));
        Assert.Null(HoldOf("pay.shop"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _book.Enforce();
        Assert.NotNull(HoldOf("pay.shop"));
    }

    [Fact]
    public async Task A_deleted_budget_lets_go_what_it_held_and_says_when()
    {
        await _book.SetAsync(Hello, Spec(1), Ct);
        await SpendAsync("hello", 1);
        Assert.Equal(0, _book.LimitOf("hello"));
        Assert.True(await _book.DeleteAsync(Hello, Ct));
        Assert.False(await _book.DeleteAsync(Hello, Ct));
        Assert.Equal((null, Noon), (_book.LimitOf("hello"), _book.ReleasedAt("hello")));
        Assert.Equal(DateTimeOffset.MinValue, _book.ReleasedAt("other"));
    }

    [Fact]
    public async Task The_strictest_of_several_budgets_holds()
    {
        await _book.SetAsync(BudgetKey.OfFunction("pay.shop", BudgetPeriod.Day), Spec(1) with { Action = BudgetAction.Throttle, RatePerSecond = 5 }, Ct);
        await _book.SetAsync(BudgetKey.OfFunction("pay.shop", BudgetPeriod.Month), Spec(1) with { Action = BudgetAction.Warn }, Ct);
        await _book.SetAsync(ShopToday, Spec(2), Ct);
        await SpendAsync("pay.shop", 1);
        Assert.Equal(5, HoldOf("pay.shop")!.PerSecond);
        await SpendAsync("cart.shop", 1);
        Assert.Equal((0, 0), (HoldOf("pay.shop")!.PerSecond, HoldOf("cart.shop")!.PerSecond));
    }

    [Fact]
    public async Task Each_threshold_is_due_once_a_period_also_after_a_restart()
    {
        await _book.SetAsync(Hello, Spec(100) with { Thresholds = [50, 80] }, Ct);
        await SpendAsync("hello", 49.999999999999m);
        Assert.Empty(_book.Due());
        await SpendAsync("hello", 30.000000000001m);
        Assert.Equal([50, 80], Due());
        await ToldAsync(50);
        await StopAsync();
        await StartAsync();
        Assert.Equal([80], Due());
        await ToldAsync(80);
        await SpendAsync("hello", 20);
        Assert.Equal([100], Due());   // it stops the function, and that is told though nobody has asked for it
        await ToldAsync(100);
        Assert.Empty(_book.Due());
        _clock.SetUtcNow(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));
        await SpendAsync("hello", 50);
        Assert.Equal([50], Due());
    }

    [Fact]
    public async Task A_raised_budget_tells_the_thresholds_again_that_are_not_reached_any_more()
    {
        await _book.SetAsync(Hello, Spec(100), Ct);
        await SpendAsync("hello", 100);
        foreach (var percent in Due())
        {
            await ToldAsync(percent);
        }

        await _book.SetAsync(Hello, Spec(150), Ct);
        Assert.Empty(_book.Due());   // two thirds: 50 was told
        await SpendAsync("hello", 20);
        Assert.Equal([80], Due());
    }

    [Fact]
    public async Task A_threshold_that_was_told_while_the_budget_was_raised_is_told_of_the_new_amount_too()
    {
        await _book.SetAsync(Hello, Spec(100) with { Thresholds = [50] }, Ct);
        await SpendAsync("hello", 50);
        var (before, _, percent) = Assert.Single(_book.Due());
        await _book.SetAsync(Hello, Spec(200) with { Thresholds = [50] }, Ct);
        await _book.ToldAsync(before, percent, Ct);
        await SpendAsync("hello", 50);
        Assert.Equal([50], Due());
    }

    [Fact]
    public async Task Spent_is_what_the_bill_says_whatever_the_prices_and_wherever_the_records_come_from()
    {
        var prices = await PriceBook.OpenAsync(_store.Prices, new PriceTable().ToTerms(), hasCosts: false, _clock, Ct);
        var pricing = new UsagePricing(prices);
        var random = new Random(7);
        for (var batch = 0; batch < 20; batch++)
        {
            UsageEntry[] entries =
            [
                .. Enumerable.Range(0, 50).Select(n => UsageBatches.Entry($"{batch}-{n}", random.Next(1, 90_000), n % 9 == 0 ? InvocationError.QueueFull : InvocationError.None) with
                {
                    Function = $"f{n % 3}.shop", ReceivedUnixUs = (_clock.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) / 10,
                }),
            ];
            await _store.IngestAsync(new("boot", 0, batch, batch + 1), chunk => pricing.AddTo(chunk, UsageCodec.Format, [.. entries.SelectMany(UsageBatches.BytesOf)]), Ct);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await prices.ChangeAsync(prices.Current.Terms with { PerGiBSecond = prices.Current.Terms.PerGiBSecond * 1.07m, PerGBOut = batch / 10m }, Ct);
        }

        var key = BudgetKey.OfNamespace("shop", BudgetPeriod.Month);
        await _book.SetAsync(key, Spec(1), Ct);
        var days = await _store.SumsAsync(UsagePeriod.Day, Noon.AddMonths(-1), Noon.AddMonths(1), Ct);
        Assert.Equal(Bills.Of(new DateOnly(2026, 11, 1), days, prices.All, _clock.GetUtcNow()).Cost, Spent(key));
        Assert.True(Spent(key) > 0);
        await StopAsync();
        await StartAsync();
        Assert.Equal(Bills.Of(new DateOnly(2026, 11, 1), days, prices.All, _clock.GetUtcNow()).Cost, Spent(key));
    }

    private static BudgetSpec Spec(decimal amount) => new() { Amount = amount };

    private async ValueTask StartAsync()
    {
        _store = await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct);
        _table = new FleetTable(new GatewayOutbox(), new Dictionary<string, RememberedActivity>(), _clock);
        _link = new FleetLink(_table, new GatewayLimits(), _clock);
        _spend = await SpendBook.OpenAsync(_store, _clock.GetUtcNow(), Ct);
        _store.SpendCommitted = _spend.Add;
        _book = new BudgetBook(_store.Budgets, _spend, _link, _clock);
        await _book.LoadAsync(Ct);
    }

    private async ValueTask StopAsync()
    {
        _book.Dispose();
        await _store.DisposeAsync();
    }

    private BudgetHold? HoldOf(string function) => _table.Holds.Of(function);

    private decimal Spent(BudgetKey key) => PicoMoney.ToAmount(_book.Find(key)!.Value.SpentPico);

    private IEnumerable<int> Due() => _book.Due().Select(due => due.Percent);

    private Task ToldAsync(int percent) => _book.ToldAsync(_book.Find(Hello)!.Value.Budget, percent, Ct);

    /// <summary>Has the ledger take in a record, and the budgets looked at as <see cref="BudgetWatch"/> does.</summary>
    private async Task SpendAsync(string function, decimal cost, DateTimeOffset? at = null)
    {
        var record = new UsageRecord
        {
            InvocationId = $"i{_batches}", Function = function, Revision = "r1", Instance = "i1", ReceivedAt = at ?? _clock.GetUtcNow(), BilledMs = 1, MemoryMiB = 128, Status = 200, Cost = cost,
        };
        await _store.IngestAsync(new($"boot{_batches++}", 0, 0, 1), chunk => chunk.Add(record), Ct);
        _book.Enforce();
    }

    private void Serve(string function)
    {
        var spec = new FunctionSpec { Name = function, Runtime = Runtimes.Python, MemoryMiB = 128, CodeDigest = new string('0', 64) };
        lock (_table.Lock)
        {
            _table.SetServing(_table.PoolOf(new RevisionRecord(function + "-r1", function, spec, "", Noon), ""));
        }
    }

    /// <summary>The budgets on the routes that a gateway is told now.</summary>
    private static Dictionary<string, BudgetLimit?> Told(ChannelReader<ControllerMessage> messages)
    {
        var told = new Dictionary<string, BudgetLimit?>();
        while (messages.TryRead(out var message))
        {
            if (message.Route is { } route)
            {
                told[route.Function] = route.Budget;
            }
        }

        return told;
    }

    /// <summary>A gateway that applies everything at once. Disposed, it answers no more.</summary>
    private CancellationTokenSource Answer(ChannelReader<ControllerMessage> messages, out List<Route> routes)
    {
        var ending = new CancellationTokenSource();
        List<Route> seen = routes = [];
        Task.Run(async () =>
        {
            await foreach (var message in messages.ReadAllAsync(ending.Token))
            {
                if (message.Route is { } route)
                {
                    seen.Add(route);
                }
                else if (message.Fence is { } fence)
                {
                    _link.OnFencePassed(fence.Number);
                }
            }
        }, ending.Token);
        return ending;
    }
}
