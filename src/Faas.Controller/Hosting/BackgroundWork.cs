namespace Faas.Controller.Hosting;

/// <summary>
/// Owns work that nobody awaits where it begins, such as an activation that many requests wait for: its failures are logged and
/// <see cref="StopAsync"/> waits for it.
/// </summary>
internal sealed partial class BackgroundWork(ILogger<BackgroundWork> logger) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>Starts <paramref name="work"/> on the thread pool. Its token is cancelled by <see cref="StopAsync"/>.</summary>
    public void Run(string what, Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            var task = Task.Run(() => GuardAsync(what, work), CancellationToken.None);
            _running.Add(task);
            task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Cancels what runs and waits until all of it has ended.</summary>
    public async Task StopAsync()
    {
        Task[] running;
        lock (_lock)
        {
            _stopping.Cancel();
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task GuardAsync(string what, Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Shutting down: what was begun is cleaned up by the owner of the resource.
        }
        catch (Exception e)
        {
            Log.Failed(logger, what, e);
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Error, "{What} failed")]
        public static partial void Failed(ILogger logger, string what, Exception exception);
    }
}
