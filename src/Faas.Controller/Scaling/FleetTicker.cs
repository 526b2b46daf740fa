namespace Faas.Controller.Scaling;

/// <summary>Looks at the fleet four times a second: often enough that a keep-alive of one second is kept to within a quarter of it.</summary>
internal sealed partial class FleetTicker(Fleet fleet, TimeProvider time, ILogger<FleetTicker> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                fleet.Tick(time.GetUtcNow());
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
