using Faas.Contracts.Api;
using Faas.Contracts.Invocations;
using Faas.Controller.Metering;
using Faas.Controller.Metering.Idle;
using Faas.Controller.Metrics;
using Faas.Controller.Tests.Scaling;
using Faas.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Controller.Tests.Metering;

/// <summary>How long memory is allotted, and what of it nothing ran in.</summary>
public sealed class IdleMemoryTests : IAsyncLifetime
{
    private const long SecondUs = 1_000_000;

    private static readonly DateOnly Day = new(2026, 11, 30);
    private static readonly UsageScope Month = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly string _folder = Directory.CreateTempSubdirectory("fct-idle-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero));
    private SqliteStore _store = null!;   // opened before each test

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await SqliteStore.OpenAsync(Path.Combine(_folder, "faas.db"), "USD", Ct);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void An_instance_is_awake_from_its_first_moment_frozen_while_it_is_and_nothing_once_it_is_stopped()
    {
        var fleet = new FleetFixture();
        var (pool, id) = fleet.Running("f");
        fleet.Clock.Advance(TimeSpan.FromSeconds(3));
        lock (fleet.Parts.Table.Lock)
        {
            fleet.Parts.Steps.AskToFreeze(pool.Instances[id]);
        }

        fleet.Parts.FromGateway.OnFreezeAnswered(id, isAgreed: true);
        fleet.Clock.Advance(TimeSpan.FromSeconds(1));
        fleet.Parts.FromHost.Froze(id, isFrozen: true);
        fleet.Clock.Advance(TimeSpan.FromSeconds(30));
        lock (fleet.Parts.Table.Lock)
        {
            fleet.Parts.Steps.Thaw(pool, pool.Instances[id]);
        }

        fleet.Clock.Advance(TimeSpan.FromSeconds(2));
        fleet.Parts.FromGateway.OnDrained(id);
        fleet.Clock.Advance(TimeSpan.FromSeconds(100));

        var times = fleet.Parts.Table.Memory.Take().ToDictionary(time => (time.Key.Function, time.Key.State), time => time.Value);
        Assert.Equal(2, times.Count);
        Assert.Equal((3 + 1 + 2) * 128 * SecondUs, times[("f", MemoryState.Awake)]);
        Assert.Equal(30 * 128 * SecondUs, times[("f", MemoryState.Frozen)]);
        Assert.Empty(fleet.Parts.Table.Memory.Take());
    }

    [Fact]
    public void Stems_are_the_platforms_memory()
    {
        var fleet = new FleetFixture();
        var ready = 2;
        fleet.Parts.FromHost.StemMiB = () => ready * 128;
        fleet.Parts.FromHost.StemsChanged();
        fleet.Clock.Advance(TimeSpan.FromSeconds(10));
        ready = 1;
        fleet.Parts.FromHost.StemsChanged();
        fleet.Clock.Advance(TimeSpan.FromSeconds(5));
        var (key, mibUs) = Assert.Single(fleet.Parts.Table.Memory.Take());
        Assert.Equal(("", MemoryState.Stem, 25 * 128 * SecondUs), (key.Function, key.State, mibUs));
    }

    [Fact]
    public void Time_around_midnight_belongs_to_both_days()
    {
        var meter = new MemoryMeter(_clock);
        _clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(20));
        meter.Hold("f", 10);
        _clock.Advance(TimeSpan.FromSeconds(50));
        var times = meter.Take();
        Assert.Equal((200 * SecondUs, 300 * SecondUs), (times[(Day, "f", MemoryState.Awake)], times[(Day.AddDays(1), "f", MemoryState.Awake)]));
    }

    [Fact]
    public async Task What_was_stored_is_not_counted_again_and_what_could_not_be_is_there_the_next_time()
    {
        var meter = new MemoryMeter(_clock);
        var store = new Breakable(_store.MemoryTimes);
        using var keeper = Keeper(meter, store);
        meter.Hold("f", 10);
        _clock.Advance(TimeSpan.FromSeconds(60));
        store.IsBroken = true;
        Assert.False(await keeper.StoreAsync(Ct));
        store.IsBroken = false;
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.True(await keeper.StoreAsync(Ct));
        Assert.True(await keeper.StoreAsync(Ct));
        Assert.Equal(1200 * SecondUs, Assert.Single(await _store.MemoryTimes.ListAsync(Day, Day.AddDays(1), Ct)).Value);

        // The next controller goes on where this one has stopped.
        using var next = Keeper(meter, _store.MemoryTimes);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await next.StoreAsync(Ct);
        Assert.Equal(1250 * SecondUs, (await next.TotalsAsync(Ct))[("f", MemoryState.Awake)]);
        Assert.Equal(1250 * SecondUs, (await _store.MemoryTimes.TotalsAsync(Ct))[("f", MemoryState.Awake)]);
    }

    [Fact]
    public async Task What_there_is_at_the_end_is_stored()
    {
        var meter = new MemoryMeter(_clock);
        using var keeper = Keeper(meter, _store.MemoryTimes);
        meter.Hold("f", 1);
        await keeper.StartAsync(Ct);
        _clock.Advance(TimeSpan.FromSeconds(42));
        await keeper.StopAsync(Ct);
        Assert.Equal(42 * SecondUs, (await _store.MemoryTimes.TotalsAsync(Ct))[("f", MemoryState.Awake)]);
    }

    [Fact]
    public void Idle_is_what_was_allotted_less_what_was_billed_and_never_less_than_nothing()
    {
        var prices = Of(perIdleGiBSecond: 0.001m);
        var allotted = new Dictionary<MemoryTimeKey, long>
        {
            [new(Day, "f", MemoryState.Awake, 1)] = 100 * 1024 * SecondUs,
            [new(Day, "f", MemoryState.Frozen, 1)] = 40 * 1024 * SecondUs,
            [new(Day, "g.red", MemoryState.Awake, 1)] = 10 * 1024 * SecondUs,   // sixteen at a time: billed for more than it had
            [new(Day, "", MemoryState.Stem, 1)] = 1000 * 1024 * SecondUs,
        };
        UsagePeriodSum[] billed = [Billed("f", 30), Billed("g.red", 50)];
        var report = IdleReports.Of(Month, byDay: false, allotted, billed, [prices]);
        Assert.Equal(
            [new IdleRow("", 1000, 0, 0, 1000, 0), new IdleRow("f", 140, 70, 40, 0, 0.11m), new IdleRow("g.red", 10, 0, 0, 0, 0)], report.Rows);
        Assert.Equal(new IdleRow("", 1150, 70, 40, 1000, 0.11m), report.Total);

        Assert.Equal("g.red", Assert.Single(IdleReports.Of(Month with { Namespace = "red" }, byDay: false, allotted, billed, [prices]).Rows).Function);
        Assert.Equal(Day, Assert.Single(IdleReports.Of(Month with { Function = "f" }, byDay: true, allotted, billed, [prices]).Rows).Day);
    }

    [Fact]
    public async Task A_bill_has_a_line_of_idle_memory_only_where_that_has_a_price()
    {
        var bill = new Bill(new DateOnly(2026, 11, 1), false, [], 5, 1, 4, "USD");
        await _store.MemoryTimes.AddAsync(new Dictionary<MemoryTimeKey, long> { [new(Day, "f", MemoryState.Frozen, 1)] = 10 * 1024 * SecondUs, [new(Day, "", MemoryState.Stem, 1)] = 1024 * SecondUs }, Ct);
        using var free = Keeper(new MemoryMeter(_clock), _store.MemoryTimes);
        Assert.Same(bill, await new IdleMemory(free, _store.MemoryTimes, _store, PriceBooks.Default()).AddToAsync(bill, [], Ct));

        var priced = PriceBooks.Of(Of(perIdleGiBSecond: 0.02m).Terms);
        using var keeper = Keeper(new MemoryMeter(_clock), _store.MemoryTimes);
        var with = await new IdleMemory(keeper, _store.MemoryTimes, _store, priced).AddToAsync(bill, [], Ct);
        Assert.Equal((new BillIdle(10, 0.2m), 5m, 4.2m), (with.Idle, with.Cost, with.Due));   // stems are not billed to anybody
    }

    [Fact]
    public async Task Counters_have_every_second_and_sum_up_functions_without_series_of_their_own()
    {
        await _store.MemoryTimes.AddAsync(
            new Dictionary<MemoryTimeKey, long>
            {
                [new(Day.AddDays(-9), "f", MemoryState.Awake, 1)] = 3 * 1024 * SecondUs, [new(Day, "f", MemoryState.Awake, 1)] = 4 * 1024 * SecondUs,
                [new(Day, "g", MemoryState.Frozen, 1)] = 5 * 1024 * SecondUs, [new(Day, "h", MemoryState.Frozen, 1)] = 6 * 1024 * SecondUs,
            },
            Ct);
        var meter = new MemoryMeter(_clock);
        meter.SetStems(() => 512);
        _clock.Advance(TimeSpan.FromSeconds(10));
        using var keeper = Keeper(meter, _store.MemoryTimes);
        var labels = new FunctionLabels(1, _clock);
        labels.Choose(["f", "g", "h"], new Dictionary<string, long> { ["f"] = 9 });
        var text = new MetricsText();
        await new MemorySection(keeper).WriteAsync(text, labels, Ct);
        var lines = System.Text.Encoding.UTF8.GetString(text.Written.Span).Split('\n').Where(line => line.StartsWith("faas_allotted", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lines.Count);
        Assert.Equal("faas_allotted_gib_seconds_total{function=\"\",state=\"stem\"} 5", lines[0]);
        Assert.StartsWith("faas_allotted_gib_seconds_total{function=\"_other\",state=\"frozen\",since=", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("} 11", lines[1], StringComparison.Ordinal);
        Assert.Equal("faas_allotted_gib_seconds_total{function=\"f\",state=\"awake\"} 7", lines[2]);
    }

    private static Prices Of(decimal perIdleGiBSecond) => new(1, Month.From, new PriceTable { PerIdleGiBSecond = perIdleGiBSecond }.ToTerms());

    private static UsagePeriodSum Billed(string function, double gibSeconds) =>
        new(new DateTimeOffset(Day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), function, "r", InvocationError.None, 1, new UsageTotals(1, 0, 0, 1, gibSeconds, 0, 0, 0, "USD"));

    private MemoryTimeKeeper Keeper(MemoryMeter meter, IMemoryTimeStore store) => new(meter, store, PriceBooks.Default(), _clock, NullLogger<MemoryTimeKeeper>.Instance);

    /// <summary>A store whose disk is full now and then.</summary>
    private sealed class Breakable(IMemoryTimeStore store) : IMemoryTimeStore
    {
        public bool IsBroken { get; set; }

        public Task AddAsync(IReadOnlyDictionary<MemoryTimeKey, long> mibUs, CancellationToken ct) =>
            IsBroken ? Task.FromException(new StoreException(StoreFailure.CannotOpen, "the disk is full")) : store.AddAsync(mibUs, ct);

        public Task<IReadOnlyDictionary<MemoryTimeKey, long>> ListAsync(DateOnly from, DateOnly to, CancellationToken ct) => store.ListAsync(from, to, ct);

        public Task<IReadOnlyDictionary<(string Function, MemoryState State), long>> TotalsAsync(CancellationToken ct) => store.TotalsAsync(ct);
    }
}
