using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;
using Microsoft.Extensions.Logging;

namespace Faas.Events;

/// <summary>Takes one claimed entry through its attempt: runs it, decides what comes next, and has the store know that before anything else follows.</summary>
internal sealed partial class AttemptRunner(
    EventsSetup setup, AttemptTransports transports, Outcomes outcomes, TimeProvider time, ILogger<AttemptRunner> logger)
{
    private static readonly TimeSpan StoreRetryMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StoreRetryMax = TimeSpan.FromSeconds(5);

    private readonly Random _random = new();   // used under the lock of itself

    /// <summary>
    /// Runs it. <paramref name="stop"/> says that the claim is lost, or the entry cancelled; <paramref name="closing"/> that the platform closes and does not wait any longer.
    /// <paramref name="ran"/> is called when it does not run any more, whether or not the store knows that yet.
    /// </summary>
    public async Task<Aftermath> RunAsync(Claim claim, Action ran, CancellationToken stop, CancellationToken closing)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, closing);
        AttemptResult result;
        RetryDecision decision;
        try
        {
            (result, decision) = await AttemptAsync(claim, either.Token);
        }
        finally
        {
            ran();
        }

        if (stop.IsCancellationRequested)
        {
            return Aftermath.NotOurs;   // whoever took the claim has said already what becomes of the entry
        }

        var end = outcomes.EndOf(claim, result, decision, time.GetUtcNow());
        if (!await SaveAsync(end, stop))
        {
            Log.Lost(logger, claim.Entry.Id, claim.Attempt);
            return Aftermath.NotOurs;
        }

        if (decision.Next == InvocationState.DeadLettered)
        {
            Log.DeadLettered(logger, claim.Entry.Id, claim.Entry.Function, decision.Reason ?? "");
        }

        return decision.Next == InvocationState.Queued
            ? new Aftermath(false, [(claim.Entry.Lane, decision.At)])
            : new Aftermath(true, [.. end.Follow.Select(follow => (follow.Entry.Lane, follow.Entry.DueAt))]);
    }

    private async Task<(AttemptResult Result, RetryDecision Decision)> AttemptAsync(Claim claim, CancellationToken stop)
    {
        var entry = claim.Entry;
        if (PolicyOf(entry) is not { } before)
        {
            return (NotRun("the function was deleted"), RetryPolicy.Dead(claim.Failures, $"there is no function '{entry.Function}' any more; deploy it and redrive"));
        }

        if (RetryPolicy.IsTooOld(AgedFromRelease(claim).Entry, before, time.GetUtcNow()))
        {
            return (NotRun("too old"), RetryPolicy.Dead(claim.Failures, $"its turn came later than {before.MaxAge} after it was due (async.maxAge)"));
        }

        AttemptResult result;
        try
        {
            result = await transports.For(entry).RunAsync(claim, stop);
        }
        catch (OperationCanceledException)
        {
            result = new AttemptResult { Progress = AttemptProgress.Cut, Error = InvocationError.Unavailable, Detail = "cut off: the platform stopped while it ran" };
        }

        // The policy as it is now: a deployment that came meanwhile may be what makes the next attempt work.
        return (result, RetryPolicy.Decide(AgedFromRelease(claim), result, PolicyOf(entry) ?? before, time.GetUtcNow(), Chance()));
    }

    /// <summary>Saves until it is saved or the claim is lost: a full disk must not make an event run twice that has run well.</summary>
    private async Task<bool> SaveAsync(AttemptEnd end, CancellationToken stop)
    {
        for (var pause = StoreRetryMin; ; pause = pause * 2 < StoreRetryMax ? pause * 2 : StoreRetryMax)
        {
            try
            {
                return await setup.Queue.EndAsync(end, CancellationToken.None);
            }
            catch (ObjectDisposedException)
            {
                return false;   // the platform has stopped; the lease ends by itself
            }
            catch (Exception exception)
            {
                Log.NotSaved(logger, exception, end.Claim.Id);
            }

            try
            {
                await Task.Delay(pause, time, stop);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    /// <summary>The claim with its age as its policy is to see it: an event that a budget has held back for weeks is not too old on the day when it may run.</summary>
    private Claim AgedFromRelease(Claim claim) =>
        claim.Entry.DeliverTo is null && setup.Holds.ReleasedAt(claim.Entry.Function) is var released && released > claim.Entry.DueAt
            ? claim with { Entry = claim.Entry with { DueAt = released } }
            : claim;

    private AsyncSpec? PolicyOf(QueueEntry entry) =>
        entry.DeliverTo is not null ? AttemptTransports.DeliveryPolicy : setup.Functions.Find(entry.Function) is { } spec ? spec.Async ?? AsyncSpec.Default : null;

    private double Chance()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }

    private static AttemptResult NotRun(string detail) => new() { Progress = AttemptProgress.NotStarted, Detail = detail };

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "Event {Id} of {Function} is a dead letter: {Reason}")]
        public static partial void DeadLettered(ILogger logger, string id, string function, string reason);

        [LoggerMessage(4002, LogLevel.Information, "Attempt {Attempt} of event {Id} has lost its claim; how it ended does not count")]
        public static partial void Lost(ILogger logger, string id, int attempt);

        [LoggerMessage(4003, LogLevel.Error, "The end of event {Id} could not be stored; it is tried again")]
        public static partial void NotSaved(ILogger logger, Exception exception, string id);
    }
}

/// <summary>What the store has after an attempt.</summary>
/// <param name="HasEnded">Whether the entry has ended.</param>
/// <param name="Queued">What waits now, and from when: the entry itself, or what follows from its end.</param>
internal sealed record Aftermath(bool HasEnded, IReadOnlyList<(string Lane, DateTimeOffset DueAt)> Queued)
{
    /// <summary>The claim was lost: somebody else has said what becomes of the entry.</summary>
    public static Aftermath NotOurs { get; } = new(true, []);
}
