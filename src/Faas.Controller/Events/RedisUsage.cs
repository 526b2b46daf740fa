using Faas.Storage;
using Faas.Storage.Redis;

namespace Faas.Controller.Events;

/// <summary>Moves the usage of attempts that ended in Redis into the ledger, twice a second, because budgets are to hold within one; and says, at the start, what of Redis's settings makes it lose events.</summary>
internal sealed partial class RedisUsage(RedisQueue redis, UsageOutboxDrain drain, TimeProvider time, ILogger<RedisUsage> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var warning in redis.Warnings)
        {
            Log.Loses(logger, warning);
        }

        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                while (await drain.DrainAsync(stoppingToken) > 0)
                {
                    // There may be more.
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)   // the top of a round
            {
                Log.Failed(logger, exception is StoreException ? exception.Message : exception.ToString());
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(2510, LogLevel.Warning, "{Warning}")]
        public static partial void Loses(ILogger logger, string warning);

        [LoggerMessage(2511, LogLevel.Warning, "Usage in Redis could not be moved into the ledger; it stays there and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
