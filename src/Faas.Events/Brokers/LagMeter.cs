using Faas.Events.Triggers;

namespace Faas.Events.Brokers;

/// <summary>Asks a broker from time to time how much waits, for the trigger's status, until it is disposed of.</summary>
internal sealed class LagMeter : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private LagMeter(TriggerContext context, Func<CancellationToken, Task<long?>> measure) => _running = Task.Run(() => RunAsync(context, measure, _stop.Token), CancellationToken.None);

    /// <summary>Begins to ask. What <paramref name="measure"/> throws means that nobody knows; the source itself finds out why.</summary>
    public static LagMeter Start(TriggerContext context, Func<CancellationToken, Task<long?>> measure) => new(context, measure);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task RunAsync(TriggerContext context, Func<CancellationToken, Task<long?>> measure, CancellationToken ct)
    {
        while (true)
        {
            context.Status.Lag(await LagAsync(measure, ct));
            await Task.Delay(Period, context.Time, ct);
        }
    }

    private static async Task<long?> LagAsync(Func<CancellationToken, Task<long?>> measure, CancellationToken ct)
    {
        try
        {
            return await measure(ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)   // whatever a client throws when its broker is away
        {
            return null;
        }
    }
}
