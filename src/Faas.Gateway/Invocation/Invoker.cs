using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;

namespace Faas.Gateway.Invocation;

/// <summary>Takes an invocation through its life: limits, a slot, the instance, the answer.</summary>
internal sealed partial class Invoker(IInstanceTransports transports, ILogger<Invoker> logger)
{
    /// <summary>Serves one invocation. When warm: one slot and one forward, and no word with the controller.</summary>
    public Task InvokeAsync(LiveInvocation invocation)
    {
        if (invocation.Route.Budget is { } budget && !budget.TryAdmit(invocation.ReceivedUnixMs, out var retryAfterSeconds))
        {
            invocation.RetryAfterSeconds = retryAfterSeconds;
            invocation.Fail(InvocationError.BudgetExceeded, budget.Detail);
            return RunAsync(invocation);
        }

        var limit = invocation.Route.BodyBytesMax;
        if (!(invocation.Caller.ContentLength > limit))
        {
            return RunAsync(invocation);
        }

        invocation.Trace?.End(nameof(InvocationError.TooLarge));   // nothing is recorded of it, and its span must end all the same
        return ProblemWriter.WriteAsync(invocation.Http, invocation.Id, InvocationError.TooLarge, BodyTooLarge(limit), null, invocation.CallerGone).AsTask();
    }

    /// <summary>What to tell a caller whose body exceeds the limit.</summary>
    public static string BodyTooLarge(long limit) => $"the request's body exceeds the limit of {limit} bytes; send less, or a reference to where it is";

    /// <summary>One method, because each that waits for another costs about as much as looking up the route.</summary>
    private async Task RunAsync(LiveInvocation invocation)
    {
        var gate = invocation.Route.Gate;
        var again = false;
        try
        {
            while (invocation.Error == InvocationError.None)   // else it is refused
            {
                // A cold start hides in this await, nowhere else.
                var wish = new SlotWish(invocation.Route, invocation.ReceivedAt) { IsAgain = again, MayGoAhead = !invocation.Route.IsHttp && invocation.SmallBody is not null };
                var acquiring = gate.AcquireAsync(wish, invocation.CallerGone);
                var hasWaited = again || !acquiring.IsCompleted;
                var acquired = await acquiring;
                if (acquired.Instance is not { } instance)
                {
                    invocation.EndWaiting();
                    invocation.RetryAfterSeconds = acquired.RetryAfterSeconds;
                    invocation.Fail(acquired.Error, acquired.Detail);
                    break;
                }

                invocation.Start(instance, hasWaited, acquired.IsCold);
                if (hasWaited && invocation.CallerGone.IsCancellationRequested)
                {
                    invocation.ReleaseUnused();
                    invocation.Fail(InvocationError.CallerGone, "");
                    break;
                }

                var forwarded = await instance.TransportFrom(transports, invocation.Route.IsHttp).ForwardAsync(invocation);
                if (forwarded == Forwarded.Done)
                {
                    break;
                }

                // Nothing has begun, so another instance may serve it, and the caller notices only the time.
                gate = instance.Gate;
                if (forwarded == Forwarded.Unreachable)
                {
                    gate.Condemn(instance, "it could not be reached on its socket");
                }

                invocation.ReleaseUnused();
                again = true;
            }

            // A caller that seems to be gone and yet is connected gets an answer too, so that nobody sees an empty one.
            var hasCaller = invocation.Error != InvocationError.CallerGone || !invocation.CallerGone.IsCancellationRequested;
            if (invocation.Error != InvocationError.None && hasCaller && !invocation.Caller.HasAnswer)
            {
                await ProblemWriter.WriteAsync(invocation, invocation.CallerGone);
            }
        }
        catch (Exception exception) when (!invocation.CallerGone.IsCancellationRequested)
        {
            await FailAsync(invocation, exception);
        }
        finally
        {
            // Whatever happened: no slot is held by a request that is over unless a connection still waits for its end, and nothing goes unrecorded.
            if (!invocation.IsRecorded)
            {
                invocation.Record(invocation.Error == InvocationError.CallerGone ? InvocationErrors.Of(InvocationError.CallerGone).Status : invocation.Caller.Status);
            }

            invocation.End();
        }
    }

    private async ValueTask FailAsync(LiveInvocation invocation, Exception exception)
    {
        Log.Failed(logger, exception, invocation.Id);
        invocation.ReleaseSlot();
        if (invocation.Caller.HasAnswer)
        {
            invocation.Caller.Abort();
            return;
        }

        invocation.Fail(InvocationError.Unavailable, "the gateway failed; its log says why");
        try
        {
            await ProblemWriter.WriteAsync(invocation, invocation.CallerGone);
        }
        catch (IOException)
        {
            // The caller's connection is closed.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1030, LogLevel.Error, "Invocation {InvocationId} failed in the gateway")]
        public static partial void Failed(ILogger logger, Exception exception, string invocationId);
    }
}
