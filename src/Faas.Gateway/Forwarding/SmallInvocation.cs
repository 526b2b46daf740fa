using System.Buffers;
using System.Text.Json;
using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;

namespace Faas.Gateway.Forwarding;

/// <summary>One invocation whose request is small: over the shared connection, one send and one wait; only an answer that turns out to be long goes on elsewhere.</summary>
internal readonly struct SmallInvocation(WorkerTransport transport, LiveInvocation invocation, int bodyLength)
{
    /// <summary>See <see cref="IInstanceTransport.ForwardAsync"/>.</summary>
    public async ValueTask<Forwarded> ForwardAsync()
    {
        var shared = await transport.SharedAsync();
        if (shared is null)
        {
            return Forwarded.Unreachable;
        }

        var body = ReadOnlySequence<byte>.Empty;
        if (bodyLength > 0)
        {
            if (await invocation.Caller.ReadBodyAsync(invocation, transport.Clock) is not { } read)
            {
                invocation.ReleaseSlot();
                return Forwarded.Done;
            }

            body = read;
        }

        var exchange = shared.Begin(invocation, transport.NextStream(), body);
        var outcome = exchange is null ? SharedOutcome.Refused : await exchange.Outcome;
        if (bodyLength > 0)
        {
            // A function that has not begun has not seen it, and the next one needs it.
            invocation.Caller.AdvanceBody(body, isUsed: outcome is not (SharedOutcome.Refused or SharedOutcome.GivenBack));
        }

        if (outcome is SharedOutcome.Refused or SharedOutcome.GivenBack)
        {
            return outcome == SharedOutcome.Refused ? Forwarded.Unreachable : Forwarded.GivenBack;
        }

        invocation.AddBytesIn(bodyLength);
        try
        {
            await FinishAsync(exchange!, outcome);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            invocation.Fail(InvocationError.CallerGone, "");
            invocation.ReleaseSlot();
        }

        return Forwarded.Done;
    }

    private async ValueTask FinishAsync(SharedExchange exchange, SharedOutcome outcome)
    {
        switch (outcome)
        {
            case SharedOutcome.Answered:
                invocation.Route.Answers.NoteSmall();
                if (await TryTakeHeadAsync(exchange))
                {
                    await AnswerAsync(exchange);
                }

                break;
            case SharedOutcome.Failed:
                TakeFailure(exchange);
                break;
            case SharedOutcome.Moved:
                var left = transport.Clock.GetElapsedTime(transport.Clock.GetTimestamp(), exchange.Deadline);
                invocation.Route.Answers.NoteLong();
                await invocation.ToHttpAsync();
                await transport.TakeMovedAsync(invocation, exchange.Stream, left > TimeSpan.Zero ? left : TimeSpan.Zero);
                break;
            case SharedOutcome.TimedOut:
                invocation.Fail(InvocationError.Timeout, $"the function ran longer than its timeout of {invocation.Route.Timeout.TotalSeconds:0.###} s");
                break;
            case SharedOutcome.CallerGone:
                invocation.Fail(InvocationError.CallerGone, "");
                break;
            default:
                await LoseAsync();
                break;
        }
    }

    /// <summary>Puts status and headers on the caller's response. False when that cannot be.</summary>
    private ValueTask<bool> TryTakeHeadAsync(SharedExchange exchange)
    {
        try
        {
            return invocation.Caller.TryTakeHead(exchange.Head.Span, exchange.Body.Length, invocation) ? new(true) : TakeHeadAsHttpAsync(exchange);
        }
        catch (InvalidOperationException exception)
        {
            Fail(exchange, $"the function's answer cannot be sent: {exception.Message}");
        }
        catch (WorkerProtocolException exception)
        {
            Condemn(exchange, exception);
        }

        return new(false);
    }

    private async ValueTask<bool> TakeHeadAsHttpAsync(SharedExchange exchange)
    {
        await invocation.ToHttpAsync();
        return await TryTakeHeadAsync(exchange);
    }

    /// <summary>The record is written and the slot free before the answer leaves, which is before the caller can send its next request.</summary>
    private ValueTask AnswerAsync(SharedExchange exchange)
    {
        var caller = invocation.Caller;
        var body = caller.TakesBody ? exchange.Body : default;
        invocation.AddBytesOut(body.Length);
        invocation.Record(caller.Status);
        invocation.ReleaseSlot();
        var sending = caller.SendAsync(body);
        if (!sending.IsCompletedSuccessfully)
        {
            return SeeOutAsync(sending, exchange);
        }

        exchange.FreeAnswer();
        return default;
    }

    private static async ValueTask SeeOutAsync(ValueTask sending, SharedExchange exchange)
    {
        await sending;
        exchange.FreeAnswer();
    }

    private void TakeFailure(SharedExchange exchange)
    {
        try
        {
            WorkerFailure.Apply(exchange.Head.Span, invocation);
            exchange.FreeAnswer();
            invocation.ReleaseSlot();
        }
        catch (Exception exception) when (exception is WorkerProtocolException or JsonException)
        {
            Condemn(exchange, exception);
        }
    }

    private void Condemn(SharedExchange exchange, Exception exception)
    {
        transport.Instance.Gate.Condemn(transport.Instance, $"it broke the worker protocol: {exception.Message}");
        Fail(exchange, $"the instance broke the worker protocol: {exception.Message}");
    }

    private void Fail(SharedExchange exchange, string detail)
    {
        invocation.Fail(InvocationError.Crashed, detail);
        exchange.FreeAnswer();
        invocation.ReleaseSlot();
    }

    private async ValueTask LoseAsync()
    {
        if (invocation.Error == InvocationError.None)
        {
            var end = await InstanceLoss.ReasonAsync(transport.Instance, transport.Clock);
            invocation.Fail(end.Error, end.Detail);
        }

        invocation.ReleaseSlot();
    }
}
