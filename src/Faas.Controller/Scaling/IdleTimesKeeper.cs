namespace Faas.Controller.Scaling;

/// <summary>Saves the functions' idle times every minute and at the end, if they have changed.</summary>
internal sealed partial class IdleTimesKeeper(FleetTable table, IdleTimesFile file, TimeProvider time, ILogger<IdleTimesKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private long _saved;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SaveAsync(stoppingToken);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        var activities = new Dictionary<string, RememberedActivity>();
        var arrivals = 0L;
        lock (table.Lock)
        {
            foreach (var (function, activity) in table.Activities)
            {
                activities[function] = new RememberedActivity(activity.IsBusy ? table.Now : activity.QuietSince, activity.History.Serialize());
                arrivals += activity.Arrivals;
            }
        }

        if (arrivals == _saved)
        {
            return;
        }

        try
        {
            await file.SaveAsync(activities, cancellationToken);
            _saved = arrivals;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotSaved(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2120, LogLevel.Warning, "What was learned of idle times could not be saved: {Reason}")]
        public static partial void NotSaved(ILogger logger, string reason);
    }
}
