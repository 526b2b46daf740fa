using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Metering;
using Faas.Controller.Metering.Costs;
using Faas.Storage;

namespace Faas.Controller.Tests.Metering;

/// <summary>Reports, bills, comparisons and forecasts, from records in the real store.</summary>
public sealed class CostTests : IAsyncLifetime
{
    private static readonly DateTimeOffset First = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-costs-").FullName;
    private readonly List<UsageRecord> _records = [];
    private SqliteStore _store = null!;   // opened before each test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_report_and_the_bill_are_exactly_the_sum_of_the_records(int seed)
    {
        var random = new Random(seed);
        await AddAsync([.. Enumerable.Range(0, 3000).Select(i => Record(random, i))]);
        UsageKey[][] questions = [[], [UsageKey.Function], [UsageKey.Namespace, UsageKey.Day], [UsageKey.Outcome, UsageKey.Price], [UsageKey.Hour], [UsageKey.Minute, UsageKey.Revision], [UsageKey.Day, UsageKey.Function]];
        foreach (var by in questions)
        {
            var unit = by.Contains(UsageKey.Minute) ? TimeSpan.FromMinutes(1) : by.Contains(UsageKey.Hour) ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
            var from = First + (random.Next(10) * unit);
            var scope = new UsageScope(from, from + (random.Next(1, 20_000) * unit)) { Function = random.Next(3) == 0 ? "f1.red" : null, Namespace = random.Next(3) == 0 ? "red" : null };
            var report = UsageReports.Of(scope, by, await _store.SumsAsync(UsageReports.PeriodOf(scope, by), scope.From, scope.To, Ct), "USD");
            var meant = _records.Where(record => record.ReceivedAt >= scope.From && record.ReceivedAt < scope.To
                && (scope.Function ?? record.Function) == record.Function && (scope.Namespace is null || record.Function.EndsWith(".red", StringComparison.Ordinal))).ToList();
            Assert.Equal((meant.Count, meant.Sum(record => record.Cost)), (report.Total.Invocations, report.Total.Cost));
            Assert.Equal((report.Total.Cost, report.Total.Billed, report.Total.BytesOut), (report.Rows.Sum(row => row.Totals.Cost), report.Rows.Sum(row => row.Totals.Billed), report.Rows.Sum(row => row.Totals.BytesOut)));
            Assert.Equal(report.Rows.Count, report.Rows.Select(row => row with { Totals = report.Total }).Distinct().Count());
        }

        var days = await _store.SumsAsync(UsagePeriod.Day, First, First.AddMonths(1), Ct);
        var bill = Bills.Of(new DateOnly(2026, 11, 1), days, [Free(0, 0)], First.AddDays(20));
        Assert.Equal(_records.Where(record => record.ReceivedAt < First.AddMonths(1)).Sum(record => record.Cost), bill.Cost);
        Assert.Equal((bill.Cost, 0m, false), (bill.Due, bill.FreeTier, bill.IsOver));
    }

    [Fact]
    public async Task The_free_tier_is_taken_off_what_each_namespace_was_billed_for()
    {
        var prices = Free(requests: 3, gibSeconds: 1);
        await AddAsync([.. Enumerable.Range(0, 10).Select(i => Billed($"many{i}", "f.red", 1000, 512, prices)), Billed("one", "g", 100, 128, prices), Billed("broken", "g", 0, 128, prices)]);
        var bill = Bills.Of(new DateOnly(2026, 11, 1), await _store.SumsAsync(UsagePeriod.Day, First, First.AddMonths(1), Ct), [prices], First.AddMonths(1));
        var (none, red) = (bill.Lines[0], bill.Lines[1]);
        Assert.Equal(("", 1L, none.Cost, 0m), (none.Namespace, none.Billed, none.FreeTier, none.Due));   // less than the tier: all is free, and no more than it cost
        Assert.Equal(("red", 10L), (red.Namespace, red.Billed));
        Assert.Equal(decimal.Round((3 * 0.2m / 1_000_000) + (1 * 0.0000166667m), 12), red.FreeTier);
        Assert.Equal((true, red.Due + none.Due, bill.Cost - bill.FreeTier), (bill.IsOver, bill.Due, bill.Due));
    }

    [Fact]
    public async Task A_free_tier_is_worth_the_average_of_what_was_charged_when_prices_changed_within_the_month()
    {
        var cheap = Free(requests: 10, gibSeconds: 0);
        var dear = cheap with { Version = 2, Since = First.AddDays(10), Terms = cheap.Terms with { PerMillionRequests = 0.6m } };
        await AddAsync([.. Enumerable.Range(0, 20).Select(i => Billed($"a{i}", "f", 1, 128, cheap)), .. Enumerable.Range(0, 20).Select(i => Billed($"b{i}", "f", 1, 128, dear))]);
        var bill = Bills.Of(new DateOnly(2026, 11, 1), await _store.SumsAsync(UsagePeriod.Day, First, First.AddMonths(1), Ct), [cheap, dear], First.AddMonths(1));
        Assert.Equal(10 * 0.4m / 1_000_000, bill.FreeTier);
    }

    [Fact]
    public async Task Other_clouds_price_each_invocation_by_its_own_rounding()
    {
        var prices = Free(0, 0);
        await AddAsync([Billed("a", "f.red", 7, 256, prices), Billed("b", "f.red", 7, 256, prices), Billed("c", "g", 7, 256, prices), Billed("unbilled", "f.red", 0, 256, prices)]);
        var comparison = await CloudComparisons.OfAsync(_store, new UsageScope(First, First.AddMonths(1)) { Namespace = "red" }, "USD", Ct);
        Assert.Equal((2L, 2 * prices.CostOf(7, 256)), (comparison!.Invocations, comparison.Cost));
        decimal OfCloud(string name) => comparison.Clouds.Single(cloud => cloud.Name.StartsWith(name, StringComparison.Ordinal)).CostUsd;
        Assert.Equal(decimal.Round(2 * (0.0000002m + (0.007m * 0.25m * 0.0000166667m)), 12), OfCloud("AWS Lambda, x86"));
        Assert.Equal(decimal.Round(2 * (0.0000002m + (0.1m * 0.25m * 0.000016m)), 12), OfCloud("Azure"));
        Assert.Equal(decimal.Round(2 * (0.0000004m + (0.1m * ((0.25m * 0.0000025m) + (0.4m * 0.00001m)))), 12), OfCloud("Google"));
    }

    [Fact]
    public void Memory_is_rounded_up_to_the_sizes_that_a_cloud_has()
    {
        var google = CloudTariffs.All.Single(tariff => tariff.RoundUpMs == 100);
        Assert.Equal(google.CostOf(100_000, 256), google.CostOf(1, 129));
        Assert.Equal(google.CostOf(200_000, 512), google.CostOf(100_001, 300));
        Assert.True(google.CostOf(1000, 16_384) > google.CostOf(1000, 8192));
        Assert.Contains("100 ms", google.Rounding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_month_goes_on_as_its_days_did()
    {
        var days = Enumerable.Range(0, 10).Select(day => Day(First.AddDays(day), 2m)).ToList();
        var forecast = Forecasts.Of(First.AddDays(10), days, "USD");
        Assert.Equal((20m, 60m, 60m, 60m, 10), (forecast.SoFar, forecast.Expected, forecast.Low, forecast.High, forecast.DaysSeen));
        Assert.Equal(59m, Forecasts.Of(First.AddDays(10.5), days, "USD").Expected);   // half of the day is over and has cost nothing
    }

    [Fact]
    public void Days_of_the_week_are_told_apart_after_two_weeks_and_quiet_days_count()
    {
        // Only Sundays cost: 1, 8, 15, 22 and 29 November 2026.
        List<UsagePeriodSum> days = [Day(First, 10m), Day(First.AddDays(7), 10m), Day(First.AddDays(14), 10m)];
        var forecast = Forecasts.Of(First.AddDays(16), days, "USD");
        Assert.Equal((30m, 50m, 16), (forecast.SoFar, forecast.Expected, forecast.DaysSeen));
        var uneven = Forecasts.Of(First.AddDays(9), days[..2], "USD");   // not yet: each day is the average of all
        Assert.True(uneven.Low < uneven.Expected && uneven.Expected < uneven.High && uneven.Low >= uneven.SoFar);
    }

    [Fact]
    public void The_first_day_stands_for_all_and_nothing_is_expected_of_nothing()
    {
        Assert.Equal(30 * 30m, Forecasts.Of(First.AddDays(0.5), [Day(First, 15m)], "USD").Expected);   // 15 in half a day are 30 a day
        Assert.Equal(0m, Forecasts.Of(First.AddDays(3), [], "USD").Expected);
    }

    private static Prices Free(long requests, decimal gibSeconds) =>
        new(1, DateTimeOffset.UnixEpoch, new PriceTable { FreeRequests = requests, FreeGiBSeconds = gibSeconds }.ToTerms());

    private static UsagePeriodSum Day(DateTimeOffset start, decimal cost) =>
        new(start, "f", "r", InvocationError.None, 1, UsageReports.Nothing("USD") with { Cost = cost });

    private static UsageRecord Billed(string id, string function, long ms, int memoryMiB, Prices prices) => new()
    {
        InvocationId = id, Function = function, Revision = "r", Instance = "i", ReceivedAt = prices.Since > First ? prices.Since : First, Run = TimeSpan.FromMilliseconds(ms), BilledMs = ms,
        MemoryMiB = memoryMiB, Status = 200, Outcome = ms == 0 ? InvocationError.Unavailable : InvocationError.None, PriceVersion = prices.Version, Cost = prices.CostOf(ms, memoryMiB),
    };

    private static UsageRecord Record(Random random, int number) => new()
    {
        InvocationId = $"{number}", Function = $"f{random.Next(4)}{(random.Next(2) == 0 ? ".red" : "")}", Revision = $"r{random.Next(2)}", Instance = "i",
        ReceivedAt = First.AddSeconds(random.Next(3_000_000)), Run = TimeSpan.FromMilliseconds(random.Next(100)), BilledMs = random.Next(100), MemoryMiB = 128, BytesOut = random.Next(1000),
        Status = 200, Outcome = (InvocationError)random.Next(3), PriceVersion = random.Next(3), Cost = PicoMoney.ToAmount(random.NextInt64(1_000_000_000)),
    };

    private async Task AddAsync(IReadOnlyList<UsageRecord> records)
    {
        _records.AddRange(records);
        await _store.IngestAsync(
            new UsagePosition("boot", 0, 0, 1),
            chunk =>
            {
                foreach (var record in records)
                {
                    chunk.Add(record);
                }
            },
            Ct);
    }
}
