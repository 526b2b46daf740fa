using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>What comes after an attempt. Pure: the same arguments give the same answer.</summary>
internal static class RetryPolicy
{
    /// <summary>
    /// Attempts that were cut off or never began, after which an event becomes a dead letter all the same: one that takes the platform down with it must not do so
    /// for ever. No healthy platform comes near it within an event's age.
    /// </summary>
    public const int UncountedMax = 50;

    /// <summary>Pause before what could not begin is tried again, when nobody said one.</summary>
    private static readonly TimeSpan PauseUnstarted = TimeSpan.FromSeconds(1);

    /// <summary>How the policy of <paramref name="spec"/> goes on after <paramref name="result"/>.</summary>
    /// <param name="claim">The attempt.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="spec">The function's policy as it is now.</param>
    /// <param name="now">The time of the decision.</param>
    /// <param name="chance">0 to 1, draws the pause.</param>
    public static RetryDecision Decide(Claim claim, AttemptResult result, AsyncSpec spec, DateTimeOffset now, double chance)
    {
        if (result.Progress != AttemptProgress.Ended)
        {
            return DecideUncounted(claim, result, spec, now);
        }

        if (IsSuccess(result))
        {
            return new RetryDecision(InvocationState.Succeeded, KeepUntil(claim, spec, now), claim.Failures, null);
        }

        var failures = claim.Failures + 1;
        if (claim.Entry.IsAwaited)
        {
            return new RetryDecision(InvocationState.Failed, KeepUntil(claim, spec, now), failures, null);
        }

        var what = Describe(result);
        if (!IsRetryable(claim, result))
        {
            return Dead(failures, $"{what}, which is not tried again");
        }

        if (failures >= spec.MaxAttempts)
        {
            return Dead(failures, $"{what}; that was failure {failures} of {spec.MaxAttempts} (async.maxAttempts)");
        }

        var next = now + Max(Backoff(spec, failures, chance), result.RetryAfter ?? TimeSpan.Zero);
        return IsTooOld(claim.Entry, spec, next)
            ? Dead(failures, $"{what}; the next attempt would be later than {spec.MaxAge} after it was due (async.maxAge)")
            : new RetryDecision(InvocationState.Queued, next, failures, null);
    }

    /// <summary>Whether an entry is too old to be run at <paramref name="at"/>.</summary>
    public static bool IsTooOld(QueueEntry entry, AsyncSpec spec, DateTimeOffset at) => at - entry.DueAt > spec.MaxAge;

    /// <summary>How long what ended now is kept: at least as long as its key means it.</summary>
    public static DateTimeOffset KeepUntil(Claim claim, AsyncSpec spec, DateTimeOffset now)
    {
        var until = now + spec.KeepResult;
        return claim.Entry.Key is { } key && key.ExpiresAt > until ? key.ExpiresAt : until;
    }

    /// <summary>A dead letter.</summary>
    public static RetryDecision Dead(int failures, string reason) => new(InvocationState.DeadLettered, DateTimeOffset.UnixEpoch, failures, reason);

    /// <summary>Pause after this many failures: doubled each time, and drawn between half and all of it, so that what failed together does not come again together.</summary>
    public static TimeSpan Backoff(AsyncSpec spec, int failures, double chance)
    {
        var doubled = spec.BackoffMin * Math.Pow(2, Math.Min(failures - 1, 40));
        var whole = doubled < spec.BackoffMax ? doubled : spec.BackoffMax;
        return whole * (0.5 + (chance / 2));
    }

    private static RetryDecision DecideUncounted(Claim claim, AttemptResult result, AsyncSpec spec, DateTimeOffset now)
    {
        if (claim.Attempt - claim.Failures >= UncountedMax)
        {
            return Dead(claim.Failures, $"{result.Detail ?? "it could not be run"}; that was attempt {claim.Attempt}, of which {claim.Attempt - claim.Failures} were cut off or never began");
        }

        var next = result.Progress == AttemptProgress.Cut ? now : now + (result.RetryAfter ?? PauseUnstarted);
        return IsTooOld(claim.Entry, spec, next)
            ? Dead(claim.Failures, $"{result.Detail ?? "it could not be run"}, until it was older than {spec.MaxAge} (async.maxAge)")
            : new RetryDecision(InvocationState.Queued, next, claim.Failures, null);
    }

    private static bool IsSuccess(AttemptResult result) => result.Error == InvocationError.None && result.Status < 400;

    private static bool IsRetryable(Claim claim, AttemptResult result)
    {
        if (result.Error != InvocationError.None)
        {
            return InvocationErrors.Of(result.Error).Retryable;
        }

        // A receiver that refuses is often one that is being repaired; 410 says that it is gone for good. A function's own 4xx is about the event.
        return claim.Entry.DeliverTo is not null ? result.Status != 410 : result.Status is 408 or 429 or >= 500;
    }

    private static string Describe(AttemptResult result) =>
        result.Error != InvocationError.None ? $"{result.Error}: {result.Detail}"
        : $"it was answered with status {result.Status}";

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>What becomes of an entry after an attempt.</summary>
/// <param name="Next">Its state.</param>
/// <param name="At">When it is due again, or when it is forgotten.</param>
/// <param name="Failures">Failures counted so far.</param>
/// <param name="Reason">Why it is a dead letter.</param>
internal sealed record RetryDecision(InvocationState Next, DateTimeOffset At, int Failures, string? Reason);
