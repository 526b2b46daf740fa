using Faas.Instances.Drivers;
using Faas.Instances.Folders;
using Microsoft.Extensions.Logging;

namespace Faas.Instances.Stems;

/// <summary>Removes sandboxes and their folders. When the driver cannot (its engine is away), tries again until it can or the host stops.</summary>
internal sealed partial class Remains(ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _retries = [];

    /// <summary>Removes them. Never fails: what cannot be removed now is removed in the background.</summary>
    public async Task RemoveAsync(IInstanceDriver driver, Launched sandbox, InstanceFolder folder)
    {
        if (!await TryRemoveAsync(driver, sandbox, folder))
        {
            Track(RetryAsync(driver, sandbox, folder));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] retries;
        lock (_lock)
        {
            retries = [.. _retries];
        }

        await Task.WhenAll(retries);
        _stopping.Dispose();
    }

    private void Track(Task retry)
    {
        lock (_lock)
        {
            _retries.RemoveWhere(t => t.IsCompleted);
            _retries.Add(retry);
        }
    }

    private async Task RetryAsync(IInstanceDriver driver, Launched sandbox, InstanceFolder folder)
    {
        try
        {
            do
            {
                await Task.Delay(RetryInterval, time, _stopping.Token);
            }
            while (!await TryRemoveAsync(driver, sandbox, folder));
        }
        catch (OperationCanceledException)
        {
            // The host stops: one last try. What even that leaves, the next host of this node finds by its marks.
            await TryRemoveAsync(driver, sandbox, folder);
        }
    }

    private async Task<bool> TryRemoveAsync(IInstanceDriver driver, Launched sandbox, InstanceFolder folder)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Patience, time);
            await driver.RemoveAsync(sandbox, deadline.Token);
            folder.Delete();
            return true;
        }
        catch (Exception e) when (e is DriverException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, sandbox.Id, e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Warning, "The remains of {Sandbox} could not be removed, trying again: {Reason}")]
        public static partial void NotRemoved(ILogger logger, string sandbox, string reason);
    }
}
