using Faas.Contracts.Hosting;
using Faas.Controller.Budgets;
using Faas.Controller.Build;
using Faas.Controller.Functions;
using Faas.Controller.Link;
using Faas.Controller.Logs;
using Faas.Controller.Metering;
using Faas.Controller.Metrics;
using Faas.Controller.Scaling;
using Faas.Controller.Scaling.KeepAlive;
using Faas.Instances;
using Faas.Storage;
using Faas.Storage.Redis;

namespace Faas.Controller.Hosting;

/// <summary>The long-lived parts, made once in the order in which they need each other and taken down in reverse.</summary>
internal sealed class ControllerParts : IAsyncDisposable
{
    public required SqliteStore Store { get; init; }

    /// <summary>The queue's Redis; null when the store has the queue.</summary>
    public required RedisQueue? Redis { get; init; }

    /// <summary>Accepted events.</summary>
    public IInvocationQueue Queue => Redis ?? Store.Queue;

    public required PriceBook Prices { get; init; }

    /// <summary>What is spent.</summary>
    public required SpendBook Spend { get; init; }

    /// <summary>What may be spent.</summary>
    public required BudgetBook Budgets { get; init; }

    /// <summary>What is counted where it happens.</summary>
    public required PlatformMetrics Metrics { get; init; }

    /// <summary>Times of invocations whose usage is stored.</summary>
    public UsageHistograms Histograms { get; } = new();

    public required FunctionLogs Logs { get; init; }

    public required BackgroundWork Work { get; init; }

    public required FleetParts Fleet { get; init; }

    public required InstanceHost Instances { get; init; }

    public required InstanceLifecycle Lifecycle { get; init; }

    public required FunctionCatalog Catalog { get; init; }

    public required BundleStore Bundles { get; init; }

    public required CompilerProcess Compiler { get; init; }

    public required FunctionBuilder Builder { get; init; }

    /// <summary>Opens the store, starts the instances' host, and takes over what outlived an earlier controller.</summary>
    public static async Task<ControllerParts> StartAsync(
        ControllerArguments arguments, ControllerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        var data = arguments.Data;
        var store = await SqliteStore.OpenAsync(data.Database, options.Prices.Currency, ct);
        var hasCosts = (await store.TotalsAsync(ct)).Values.Any(total => total.Billed > 0);
        var prices = await PriceBook.OpenAsync(store.Prices, options.Prices.ToTerms(), hasCosts, time, ct);
        var spend = await SpendBook.OpenAsync(store, time.GetUtcNow(), ct);
        store.SpendCommitted = spend.Add;   // before anything is ingested, so that nothing is counted twice or not at all
        var redis = options.Events.Store == "redis" ? await RedisQueue.ConnectAsync(options.Redis, ct) : null;
        var logs = new FunctionLogs(data.Logs, options.Logs, time);
        var work = new BackgroundWork(loggers.CreateLogger<BackgroundWork>());
        var settings = new FleetSettings(options.Limits, options.Machine, new HybridHistogram(new HybridHistogramOptions()))
        {
            Remembered = new IdleTimesFile(data.IdleTimes).Load(),
        };
        var fleet = new FleetParts(settings, logs, new LinuxMachine(time), time, loggers);
        var metrics = new PlatformMetrics();
        fleet.FromHost.Metrics = metrics;
        var instances = await InstanceHost.StartAsync(options.Instances, data, fleet.FromHost, loggers, time, ct);
        fleet.FromHost.StemMiB = () => instances.StemCountsByKey().Sum(stems => (long)stems.Key.MemoryMiB * stems.Value);
        var lifecycle = new InstanceLifecycle(instances, work, logs, fleet.FromHost, time, new Random());
        fleet.Steps.Use(lifecycle);
        var bundles = new BundleStore(data.Bundles);
        var compiler = new CompilerProcess(time);
        var parts = new ControllerParts
        {
            Store = store,
            Redis = redis,
            Prices = prices,
            Spend = spend,
            Budgets = new BudgetBook(store.Budgets, spend, fleet.Link, time),
            Metrics = metrics,
            Logs = logs,
            Work = work,
            Fleet = fleet,
            Instances = instances,
            Lifecycle = lifecycle,
            Catalog = new FunctionCatalog(store, time),
            Bundles = bundles,
            Compiler = compiler,
            Builder = new FunctionBuilder(bundles, data, compiler, time) { Metrics = metrics },
        };
        await parts.RestoreAsync(data, ct);
        if (options.Usage.CostHeaders)
        {
            prices.Follow(all => fleet.Link.TellPrices(LinkMessages.Prices(all)));
        }

        return parts;
    }

    /// <summary>Stops every instance, then closes what they wrote to.</summary>
    public async ValueTask DisposeAsync()
    {
        await Work.StopAsync();
        await Compiler.DisposeAsync();
        await Instances.DisposeAsync();
        await Logs.DisposeAsync();
        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        await Store.DisposeAsync();
        Budgets.Dispose();
        Work.Dispose();
    }

    private async Task RestoreAsync(DataFolder data, CancellationToken ct)
    {
        await Catalog.LoadAsync(ct);
        await Budgets.LoadAsync(ct);
        foreach (var function in Catalog.All)
        {
            var folder = function.Revision.BuildDigest.Length == 0 ? "" : Path.Combine(data.Code, function.Revision.BuildDigest);
            Fleet.Fleet.Restore(function.Revision, folder);
        }

        foreach (var adopted in await Instances.AdoptAsync(Fleet.Fleet.IsServing, ct))
        {
            Fleet.Fleet.Adopt(adopted.Instance);
        }

        Lifecycle.SetStemDemand(Catalog.All.Select(f => f.Revision.Spec));
        await Builder.SweepAsync(Catalog.All.Select(f => f.Revision.BuildDigest).ToHashSet(), ct);
    }
}
