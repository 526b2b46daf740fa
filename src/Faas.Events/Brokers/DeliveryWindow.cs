using System.Runtime.ExceptionServices;

namespace Faas.Events.Brokers;

/// <summary>
/// The deliveries of one run of a source that are under way at the same time. When one of them throws - the store or the broker is away - the source ends with it: what was not
/// acknowledged comes again. When the source is stopped, they may go on for a while, so that what has run is acknowledged.
/// </summary>
internal sealed class DeliveryWindow : IDisposable
{
    /// <summary>How long deliveries may go on after the end of their source; less than the platform waits for a source to stop.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(7);

    private readonly SemaphoreSlim _room;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationTokenSource _cutting = new();
    private readonly HashSet<Task> _running = [];   // used under its own lock
    private ExceptionDispatchInfo? _failure;

    private DeliveryWindow(int size, TimeProvider time, CancellationToken stopping)
    {
        _room = new SemaphoreSlim(size, size);
        _time = time;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    /// <summary>Cancelled when the source is to end: it is stopped, or a delivery has thrown.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Runs a source that begins its deliveries with <see cref="StartAsync"/>, and returns, or throws what one of them threw, when they have ended.</summary>
    /// <param name="size">Most deliveries at the same time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="source">The source; it ends when <see cref="Ending"/> is cancelled.</param>
    /// <param name="stopping">Stops the source.</param>
    public static async Task RunAsync(int size, TimeProvider time, Func<DeliveryWindow, Task> source, CancellationToken stopping)
    {
        using var window = new DeliveryWindow(size, time, stopping);
        try
        {
            await source(window);
        }
        catch (OperationCanceledException) when (window._failure is not null)
        {
            // Thrown below.
        }
        finally
        {
            await window.DrainAsync();
        }

        window._failure?.Throw();
    }

    /// <summary>Waits for room and begins a delivery. Its token is cancelled when it is time to give up.</summary>
    public async Task StartAsync(Func<CancellationToken, Task> deliver)
    {
        await _room.WaitAsync(Ending);
        Begin(deliver);
    }

    /// <summary>The same for who cannot wait. False when there is no room, or the source is to end.</summary>
    public bool TryStart(Func<CancellationToken, Task> deliver)
    {
        if (Ending.IsCancellationRequested || !_room.Wait(TimeSpan.Zero))
        {
            return false;
        }

        Begin(deliver);
        return true;
    }

    public void Dispose()
    {
        _room.Dispose();
        _ending.Dispose();
        _cutting.Dispose();
    }

    private void Begin(Func<CancellationToken, Task> deliver)
    {
        var running = Task.Run(() => DeliverAsync(deliver), CancellationToken.None);
        lock (_running)
        {
            _running.Add(running);
            _running.RemoveWhere(task => task.IsCompleted);
        }
    }

    private async Task DeliverAsync(Func<CancellationToken, Task> deliver)
    {
        try
        {
            await deliver(_cutting.Token);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // It is not acknowledged, and comes again.
        }
        catch (Exception exception)   // the top of a delivery
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            await _ending.CancelAsync();
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task DrainAsync()
    {
        await _ending.CancelAsync();
        Task all;
        lock (_running)
        {
            all = Task.WhenAll(_running);
        }

        await all.WaitAsync(DrainTime, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cutting.CancelAsync();
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
