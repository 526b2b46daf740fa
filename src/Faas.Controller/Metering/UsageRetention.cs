using System.ComponentModel.DataAnnotations;
using Faas.Storage;

namespace Faas.Controller.Metering;

/// <summary>How long usage records are kept. Configuration section <c>Faas:Usage</c>.</summary>
internal sealed class UsageOptions
{
    /// <summary>Age at which a raw record is removed; totals stay. Default 30 days: a monthly bill can still be explained call by call.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Age at which sums by minute are removed; hours stay as long as records. Default two days: 2,880 rows for a function that is always used.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "3650.00:00:00")]
    public TimeSpan MinuteRetention { get; set; } = TimeSpan.FromDays(2);

    /// <summary>Whether answers say what they cost, in <c>X-Faas-Cost</c> and <c>X-Faas-Billed-Ms</c>. Default true; false where callers are not to know.</summary>
    public bool CostHeaders { get; set; } = true;
}

/// <summary>Removes usage records older than their retention, at start and every hour.</summary>
internal sealed partial class UsageRetention(IUsageLedger ledger, UsageOptions options, TimeProvider time, ILogger<UsageRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await ledger.PruneAsync(time.GetUtcNow() - options.Retention, stoppingToken);
                await ledger.PruneMinutesAsync(time.GetUtcNow() - options.MinuteRetention, stoppingToken);
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
        [LoggerMessage(2310, LogLevel.Error, "Old usage records could not be removed; tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
