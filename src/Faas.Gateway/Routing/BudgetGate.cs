using Faas.Link;

namespace Faas.Gateway.Routing;

/// <summary>
/// Refuses a function's invocations when its budget is spent: all of them, or those above a rate. From any thread, without a lock. It opens by itself when the budget's period ends, so that a
/// controller that is away at midnight stops nobody for longer.
/// </summary>
internal sealed class BudgetGate(BudgetLimit limit)
{
    /// <summary>Longest time that a caller is told to wait: a budget may be raised at any moment.</summary>
    private const int RetryAfterSecondsMax = 3600;

    /// <summary>µs that an admitted invocation takes of the rate; 0 when none is admitted.</summary>
    private readonly long _stepUs = limit.PerSecond > 0 ? (long)Math.Max(1, 1_000_000 / limit.PerSecond) : 0;

    /// <summary>When all of the rate that was taken has come back: µs since 1970.</summary>
    private long _takenUntilUs;

    /// <summary>What to tell who is refused.</summary>
    public string Detail { get; } = limit.Detail;

    /// <summary>Whether nothing is admitted.</summary>
    /// <param name="nowUnixMs">When: ms since 1970.</param>
    /// <param name="retryAfterSeconds">When to try again, 1 to 3,600; 0 when something is admitted.</param>
    public bool IsShut(long nowUnixMs, out int retryAfterSeconds)
    {
        var isShut = _stepUs == 0 && nowUnixMs < limit.UntilUnixMs;
        retryAfterSeconds = isShut ? RetryAfter(limit.UntilUnixMs - nowUnixMs) : 0;
        return isShut;
    }

    /// <summary>Admits an invocation, or says when to try again. At most a second's share of the rate is saved up.</summary>
    /// <param name="nowUnixMs">When it was received: ms since 1970.</param>
    /// <param name="retryAfterSeconds">1 to 3,600 when it is refused.</param>
    public bool TryAdmit(long nowUnixMs, out int retryAfterSeconds)
    {
        if (IsShut(nowUnixMs, out retryAfterSeconds))
        {
            return false;
        }

        if (nowUnixMs >= limit.UntilUnixMs)
        {
            return true;
        }

        var nowUs = nowUnixMs * 1000;
        var until = Volatile.Read(ref _takenUntilUs);
        while (true)
        {
            var next = Math.Max(until, nowUs) + _stepUs;
            if (next > nowUs + Math.Max(_stepUs, 1_000_000))
            {
                retryAfterSeconds = RetryAfter((next - nowUs - _stepUs) / 1000);
                return false;
            }

            var seen = Interlocked.CompareExchange(ref _takenUntilUs, next, until);
            if (seen == until)
            {
                return true;
            }

            until = seen;   // somebody else was admitted meanwhile
        }
    }

    private static int RetryAfter(long ms) => (int)Math.Clamp((ms + 999) / 1000, 1, RetryAfterSecondsMax);
}
