namespace Faas.Controller.Scaling;

/// <summary>Looks at the fleet eight times a second: often enough that an instance is frozen within a second of its last invocation.</summary>
internal sealed partial class FleetTicker(FleetTable table, Scaler scaler, TimeProvider time, ILogger<FleetTicker> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(125);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                lock (table.Lock)
                {
                    scaler.Tick(time.GetUtcNow());
                }
            }
            catch (Exception e)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2110, LogLevel.Error, "A round of the fleet failed; the next one is tried all the same")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
