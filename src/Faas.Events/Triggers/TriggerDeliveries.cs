using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events.Triggers;

/// <summary>Gives triggers' events to the intake, and finds out how they end.</summary>
internal sealed class TriggerDeliveries(Intake intake, IInvocationQueue queue, Completions completions, TimeProvider time)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(1);

    /// <summary>Accepts an event durably, and waits for room where there is none. Returns the invocation's id; null when it is refused for good, which is counted.</summary>
    /// <exception cref="InvalidOperationException">The function is gone.</exception>
    public async Task<string?> AcceptAsync(Trigger trigger, TriggerEvent given, CancellationToken ct)
    {
        var request = RequestOf(trigger.Key.Function, given);
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            var reply = await intake.AcceptAsync(request, ct);
            switch (reply.Refusal)
            {
                case null:
                    trigger.Status.Accepted(reply.Id);
                    return reply.Id;
                case { RetryAfterSeconds: > 0 } full:
                    trigger.Status.BackingOff(full.Detail, time.GetUtcNow() + pause);
                    await Task.Delay(pause, time, ct);
                    break;
                case { Status: 404 } gone:
                    throw new InvalidOperationException(gone.Detail);   // nobody's fault, and the event is not done with: a broker shall keep it
                case var refusal:
                    trigger.Status.EventFailed($"{request.Id}: {refusal.Detail}");
                    return null;
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

    private IntakeRequest RequestOf(string function, TriggerEvent given)
    {
        var id = given.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        return new IntakeRequest
        {
            Function = function,
            Id = id,
            Nonce = id,
            Request = new InvocationRequest(true, "POST", "/", "", [new HeaderField("Content-Type", CloudEventText.MediaType)]),
            Body = given.Json,
            IsRepeated = given.Id is not null,
        };
    }
}
