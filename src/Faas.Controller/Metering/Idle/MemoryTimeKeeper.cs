using System.Runtime.InteropServices;
using Faas.Storage;

namespace Faas.Controller.Metering.Idle;

/// <summary>
/// Stores every minute, and at the end, how long memory was allotted since the last time: a crash loses a minute at most, and nothing is counted twice, because what was stored is not there
/// any more. Prices are those in force at that moment.
/// </summary>
internal sealed partial class MemoryTimeKeeper(MemoryMeter meter, IMemoryTimeStore store, PriceBook prices, TimeProvider time, ILogger<MemoryTimeKeeper> logger) : BackgroundService
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Since the beginning; null before it was read. Guarded by the turn.</summary>
    private Dictionary<(string Function, MemoryState State), long>? _totals;

    /// <summary>Stores what there is up to now. False when it could not be; then it is there the next time.</summary>
    public async Task<bool> StoreAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            _totals ??= new(await store.TotalsAsync(ct));
            var taken = meter.Take();
            try
            {
                if (taken.Count > 0)
                {
                    var version = prices.Current.Version;
                    await store.AddAsync(taken.ToDictionary(one => new MemoryTimeKey(one.Key.Day, one.Key.Function, one.Key.State, version), one => one.Value), CancellationToken.None);
                }
            }
            catch
            {
                meter.PutBack(taken);
                throw;
            }

            foreach (var (key, mibUs) in taken)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_totals, (key.Function, key.State), out _) += mibUs;
            }

            return true;
        }
        catch (Exception e) when (e is StoreException or System.Data.Common.DbException)
        {
            Log.NotStored(logger, e.Message);
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What all days have, up to the last time that it was stored: MiB-µs.</summary>
    public async Task<IReadOnlyDictionary<(string Function, MemoryState State), long>> TotalsAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            _totals ??= new(await store.TotalsAsync(ct));
            return new Dictionary<(string Function, MemoryState State), long>(_totals);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await StoreAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await StoreAsync(stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2330, LogLevel.Error, "How long memory was allotted could not be stored; tried again in a minute: {Reason}")]
        public static partial void NotStored(ILogger logger, string reason);
    }
}
