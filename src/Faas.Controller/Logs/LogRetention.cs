namespace Faas.Controller.Logs;

/// <summary>Removes log lines older than their retention, at start and every hour.</summary>
internal sealed partial class LogRetention(FunctionLogs logs, TimeProvider time, ILogger<LogRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await logs.PruneAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(2320, LogLevel.Error, "Old log lines could not be removed; tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
