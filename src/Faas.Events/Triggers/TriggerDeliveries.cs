using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>Gives triggers' events to the intake, and finds out how they end.</summary>
internal sealed class TriggerDeliveries(Intake intake, IInvocationQueue queue, Completions completions, TimeProvider time)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(1);

    /// <summary>Accepts an event durably, and waits for room where there is none. A refusal is for good, and counted.</summary>
    /// <exception cref="InvalidOperationException">The function is gone.</exception>
    public async Task<IntakeReply> AcceptAsync(Trigger trigger, TriggerEvent given, CancellationToken ct)
    {
        var request = RequestOf(trigger.Key.Function, given);
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            var reply = await intake.AcceptAsync(request, ct);
            switch (reply.Refusal)
            {
                case null:
                    trigger.Status.Accepted(reply.Id);
                    return reply;
                case { RetryAfterSeconds: > 0 } full:
                    trigger.Status.BackingOff(full.Detail, time.GetUtcNow() + pause);
                    await Task.Delay(pause, time, ct);
                    break;
                case { Status: 404 } gone:
                    throw new InvalidOperationException(gone.Detail);   // nobody's fault, and the event is not done with: a broker shall keep it
                case var refusal:
                    trigger.Status.EventFailed($"{request.Id}: {refusal.Detail}");
                    return reply;
            }
        }
    }

    /// <summary>An event once it has ended; null when it is not kept any more, which dead letters are until somebody purges them.</summary>
    public async Task<QueuedInvocation?> EndOfAsync(string id, CancellationToken ct)
    {
        while (true)
        {
            var completion = completions.Of(id);
            var found = await queue.FindAsync(id, ct);
            if (found is null || found.State.HasEnded())
            {
                completions.Forget(id);
                return found;
            }

            await completion.WaitAsync(ct);
        }
    }

    /// <summary>Whether an event is queued or running.</summary>
    public async Task<bool> IsOpenAsync(string id, CancellationToken ct) => await queue.FindAsync(id, ct) is { } found && !found.State.HasEnded();

    /// <summary>Keeps an event that cannot be run as a dead letter, durably, and counts it. Returns its id.</summary>
    public async Task<string> BuryAsync(Trigger trigger, TriggerEvent given, string reason, CancellationToken ct)
    {
        var request = RequestOf(trigger.Key.Function, given);
        await intake.BuryAsync(request, reason, ct);
        trigger.Status.EventFailed($"{request.Id}: {reason}");
        return request.Id;
    }

    /// <summary>What a function answered to an event, with its body where that was kept; null when nothing is kept.</summary>
    public Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct) => intake.FindAnswerAsync(id, ct);

    /// <summary>How a function's events are run.</summary>
    public AsyncSpec PolicyOf(string function) => intake.PolicyOf(function);

    /// <summary>Removes a dead letter that is kept elsewhere now.</summary>
    public Task ForgetAsync(string id, CancellationToken ct) => queue.PurgeAsync(new DeadLetterChoice(id, null), 1, ct);

    private IntakeRequest RequestOf(string function, TriggerEvent given)
    {
        var id = given.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        return new IntakeRequest
        {
            Function = function,
            Id = id,
            Nonce = id,
            Request = new InvocationRequest(true, "POST", "/", "", SentEvent.HeadersOf(given.ContentType, given.TraceParent)),
            Body = given.Json,
            IsRepeated = given.Id is not null,
        };
    }
}
