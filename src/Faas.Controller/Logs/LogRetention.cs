namespace Faas.Controller.Logs;

/// <summary>Removes log lines older than their retention, at start and every hour, and makes room whenever all logs together have become more than they may be.</summary>
internal sealed partial class LogRetention(FunctionLogs logs, TimeProvider time, ILogger<LogRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>Between two times that room is made: where files cannot be removed, trying again with each line would be all that is done.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(PruneAsync(stoppingToken), FitAsync(stoppingToken));

    private async Task PruneAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await TryAsync(logs.PruneAsync, ct);
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task FitAsync(CancellationToken ct)
    {
        await foreach (var _ in logs.Over.ReadAllAsync(ct))
        {
            await TryAsync(logs.FitAsync, ct);
            await Task.Delay(Pause, time, ct);
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> act, CancellationToken ct)
    {
        try
        {
            await act(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2320, LogLevel.Error, "Old log lines could not be removed; tried again later")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
