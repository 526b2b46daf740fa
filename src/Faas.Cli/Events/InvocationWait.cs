using Faas.Cli.Watching;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.Cli.Events;

/// <summary>Waits until an invocation has ended, and lives through a platform that is restarted meanwhile.</summary>
internal sealed class InvocationWait(EventsClient events, TimeProvider time)
{
    /// <summary>How long the platform holds an answer back. Well below a minute, after which proxies give up.</summary>
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);

    /// <summary>The same when somebody watches the states go by, which are only told at the end of a round.</summary>
    private static readonly TimeSpan WatchedRound = TimeSpan.FromSeconds(1);

    /// <summary>An answer that comes at once all the same must not have us ask all the time.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>A platform that has answered before and is away for longer is not being restarted.</summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(60);

    /// <summary>The invocation once it has ended; as it stood last when <paramref name="limit"/> is over first, null if nothing is known then.</summary>
    /// <param name="id">The invocation.</param>
    /// <param name="limit">Longest wait; null for none.</param>
    /// <param name="progress">Is told how it stands; null when nobody watches.</param>
    /// <param name="cancellationToken">Ends the wait. The invocation goes on.</param>
    public async Task<InvocationDescription?> UntilEndAsync(string id, TimeSpan? limit, Action<InvocationDescription>? progress, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        InvocationDescription? last = null;
        var answeredAt = time.GetTimestamp();
        try
        {
            while (true)
            {
                try
                {
                    // How it stands comes first, so that who watches knows at once.
                    last = await events.DescribeAsync(id, last is null ? TimeSpan.Zero : progress is null ? Round : WatchedRound, either.Token);
                    answeredAt = time.GetTimestamp();
                    if (last.State.HasEnded())
                    {
                        return last;
                    }

                    progress?.Invoke(last);
                }
                catch (Exception e) when (last is not null && LoadFeed.IsAway(e) && time.GetElapsedTime(answeredAt) < AwayMax)
                {
                    // It is durable; the platform knows it again when it is back.
                }

                await Task.Delay(Pause, time, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return last;
        }
    }
}
