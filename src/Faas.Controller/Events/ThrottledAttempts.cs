using Faas.Contracts.Invocations;
using Faas.Events;
using Faas.Storage;

namespace Faas.Controller.Events;

/// <summary>
/// Has attempts wait for their turn whose function a budget throttles: one that went back to the queue each time would look like an event that nobody can run, and become a dead letter. An attempt
/// of a function that is stopped meanwhile goes back.
/// </summary>
internal sealed class ThrottledAttempts(IAttemptTransport attempts, IEventHolds holds, TimeProvider time, CancellationToken stopping) : IAttemptTransport
{
    /// <summary>Longest pause between two tries, so that an event hears soon of a raised budget.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(Claim claim, CancellationToken ct)
    {
        while (true)
        {
            var result = await attempts.RunAsync(claim, ct);
            if (result.Error != InvocationError.BudgetExceeded)
            {
                return result;
            }

            if (holds.LimitOf(claim.Entry.Function) == 0 || stopping.IsCancellationRequested)
            {
                return result with { RetryAfter = null };   // it waits in the queue until it is let go, and not for as long as callers should
            }

            await Task.Delay(result.RetryAfter is { } wait && wait < PauseMax ? wait : PauseMax, time, ct);
        }
    }
}
