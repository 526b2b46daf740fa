using System.Threading.Channels;

namespace Faas.Controller.Budgets;

/// <summary>Looks at the budgets whenever something is spent and whenever a period ends: first it holds back what must be, then it tells.</summary>
internal sealed partial class BudgetWatch(BudgetBook book, SpendBook spend, BudgetNotices notices, TimeProvider time, ILogger<BudgetWatch> logger) : BackgroundService
{
    /// <summary>Between two looks: the store may commit a thousand times a second, and a budget needn't be looked at as often.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>At the latest: the machine's clock may be set.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(1);

    /// <summary>Holds one word at most: that there is something to look at. Needs no disposal, so the store's thread may write it at any time.</summary>
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        spend.Added = OnSpent;
        book.Changed = Wake;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = PauseMax;
            try
            {
                if (book.Enforce() is { } next)
                {
                    pause = next - time.GetUtcNow() is var left && left < pause ? left : pause;
                    await TellAsync(stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)   // the top of a round: the store may be able again in a second
            {
                Log.Failed(logger, exception);
                pause = PauseAfterFailure;
            }

            await Task.Delay(PauseMin, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // the loop sees that it ends
            await SleepAsync(pause, stoppingToken);
        }
    }

    private async Task TellAsync(CancellationToken ct)
    {
        foreach (var (budget, spent, percent) in book.Due())
        {
            await notices.TellAsync(budget, spent, percent, ct);
            await book.ToldAsync(budget, percent, ct);
        }
    }

    private void OnSpent()
    {
        if (book.Count > 0)
        {
            Wake();
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task SleepAsync(TimeSpan pause, CancellationToken ct)
    {
        var ms = Math.Max(1, Math.Ceiling(pause.TotalMilliseconds));
        using var timer = time.CreateTimer(static watch => ((BudgetWatch)watch!).Wake(), this, TimeSpan.FromMilliseconds(ms), Timeout.InfiniteTimeSpan);
        try
        {
            await _wake.Reader.ReadAsync(ct);   // taken before it looks: who comes after the look wakes it again
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2703, LogLevel.Error, "Budgets could not be looked after; tried again in a second")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
