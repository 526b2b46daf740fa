using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;
using Faas.Storage;

namespace Faas.Events;

/// <summary>
/// Where events enter: checks what can be checked, makes them durable, and only then says so. Where there is room the same write claims the event, and it runs at once
/// without being read again.
/// </summary>
public sealed class Intake
{
    private readonly EventsSetup _setup;
    private readonly QueuePump _pump;
    private readonly Completions _completions;
    private readonly AnswerFiles _files;
    private readonly CallbackRules _callbacks;
    private readonly TimeProvider _time;

    internal Intake(EventsSetup setup, QueuePump pump, Completions completions, AnswerFiles files, TimeProvider time)
    {
        (_setup, _pump, _completions, _files, _time) = (setup, pump, completions, files, time);
        _callbacks = new CallbackRules(setup.Options.LocalCallbackHosts);
    }

    /// <summary>Accepts an event, or says why not. An accepted event is durable; that of an awaited one has ended, too.</summary>
    /// <exception cref="StoreException">The store cannot be used. Whether the event was accepted is not known: the same request may be repeated.</exception>
    public async Task<IntakeReply> AcceptAsync(IntakeRequest request, CancellationToken ct)
    {
        if (Check(request) is { } refusal)
        {
            return new IntakeReply { Id = request.Id, Refusal = refusal };
        }

        await _pump.Recovered.WaitAsync(ct);
        var now = _time.GetUtcNow();
        var entry = EntryOf(request, now);
        var acceptance = await EnqueueAsync(entry, request, now, ct);
        switch (acceptance.Outcome)
        {
            case AcceptanceOutcome.KeyReused:
                return Refuse(request, "KeyReused", 422, $"the idempotency key was used for another request, event {acceptance.Id}; use a new key for a new request");
            case AcceptanceOutcome.IdTaken:
                return Refuse(request, "Conflict", 409, $"there is another event with the id {request.Id}; leave X-Call-Id out, or send an Idempotency-Key to make repeated requests one event");
            default:
                var isReplay = acceptance.Outcome == AcceptanceOutcome.SameKey;
                return request.IsAwaited
                    ? await AwaitAsync(request, acceptance.Id, isReplay, ct)
                    : new IntakeReply { Id = acceptance.Id, IsReplay = isReplay };
        }
    }

    /// <summary>Keeps an event that cannot be run as a dead letter. It may be redriven like any other.</summary>
    internal async Task BuryAsync(IntakeRequest request, string reason, CancellationToken ct)
    {
        await _pump.Recovered.WaitAsync(ct);
        var lease = _pump.NewLease();   // so that nothing runs it meanwhile
        await _setup.Queue.EnqueueAsync(EntryOf(request, lease.StartedAt), request.Body, lease, ct);
        await _setup.Queue.EndAsync(
            new AttemptEnd { Claim = new ClaimKey(request.Id, 1), Record = null, Next = InvocationState.DeadLettered, At = lease.StartedAt, Failures = 0, Reason = reason }, ct);
    }

    /// <summary>What a function answered to an event, its body here even if a file has it; null when nothing is kept. <see cref="StoredAnswer.IsWhole"/> says whether the body was kept.</summary>
    internal async Task<StoredAnswer?> FindAnswerAsync(string id, CancellationToken ct)
    {
        var stored = await _setup.Queue.FindAnswerAsync(id, ct);
        if (stored is not { File: not null })
        {
            return stored;
        }

        var read = await _files.ReadAsync(stored, ct);
        return stored with { Body = read?.Body ?? default, File = null };
    }

    /// <summary>How a function's events are run.</summary>
    internal AsyncSpec PolicyOf(string function) => _setup.Functions.Find(function)?.Async ?? AsyncSpec.Default;

    private async Task<Acceptance> EnqueueAsync(QueueEntry entry, IntakeRequest request, DateTimeOffset now, CancellationToken ct)
    {
        // What may have been accepted before may also be running already, so it is not claimed here.
        if (request.IsRepeated || entry.DueAt > now || !_pump.Lanes.TryReserve(entry.Lane, now))
        {
            var queued = await _setup.Queue.EnqueueAsync(entry, request.Body, null, ct);
            if (queued.Outcome == AcceptanceOutcome.Accepted)
            {
                _pump.Queued(entry.Lane, entry.DueAt);
            }

            return queued;
        }

        var hasStarted = false;
        try
        {
            var lease = _pump.NewLease();
            var accepted = await _setup.Queue.EnqueueAsync(entry, request.Body, lease, CancellationToken.None);   // a cancelled one would leave a claim that nobody runs
            if (accepted.Outcome == AcceptanceOutcome.Accepted)
            {
                _pump.Start(new Claim(entry, request.Body, 1, 0, lease.StartedAt));
                hasStarted = true;
            }

            return accepted;
        }
        finally
        {
            if (!hasStarted)
            {
                _pump.Lanes.Release(entry.Lane);
                _pump.Wake();
            }
        }
    }

    private async Task<IntakeReply> AwaitAsync(IntakeRequest request, string id, bool isReplay, CancellationToken ct)
    {
        while (true)
        {
            var completion = _completions.Of(id);
            var found = await _setup.Queue.FindAsync(id, ct);
            if (found is null)
            {
                return Refuse(request, "Gone", 410, $"event {id}, which the idempotency key stands for, is not kept any more; use a new key");
            }

            if (found.State.HasEnded())
            {
                _completions.Forget(id);
                var answer = await _setup.Queue.FindAnswerAsync(id, ct) is { IsWhole: true } stored ? await _files.ReadAsync(stored, ct) : null;
                return answer is null ? WithoutAnswer(request, found) : new IntakeReply { Id = id, IsReplay = isReplay, Answer = answer };
            }

            await completion.WaitAsync(ct);
        }
    }

    /// <summary>What the caller of an event is told that has ended without an answer that could be given.</summary>
    private IntakeReply WithoutAnswer(IntakeRequest request, QueuedInvocation ended)
    {
        var id = ended.Entry.Id;
        return ended.State switch
        {
            InvocationState.Cancelled => Refuse(request, "Conflict", 409, $"event {id} was cancelled"),
            InvocationState.DeadLettered when _setup.Functions.Find(ended.Entry.Function) is null => Refuse(request, nameof(InvocationError.NotFound), 404, $"event {id} was not run: {ended.Reason}"),
            InvocationState.DeadLettered => Refuse(request, nameof(InvocationError.Unavailable), 503, $"event {id} was not run: {ended.Reason}"),
            _ => Refuse(request, "ResultNotKept", 500, $"event {id} has ended ({ended.State}), but its result is longer than what is kept (Faas:Events:ResultBytesMax)"),
        };
    }

    private IntakeRefusal? Check(IntakeRequest request)
    {
        if (_setup.Functions.Find(request.Function) is not { } spec)
        {
            return new IntakeRefusal("NotFound", 404, $"there is no function '{request.Function}'; 'faas list' shows those there are");
        }

        var policy = spec.Async ?? AsyncSpec.Default;
        if (_pump.Lanes.WaitingIn(request.Function) >= policy.QueueMax)
        {
            return new IntakeRefusal("QueueFull", 429, string.Create(CultureInfo.InvariantCulture, $"{policy.QueueMax} events of '{request.Function}' wait already (async.queueMax); try again later"), 1);
        }

        if (request.Delay < TimeSpan.Zero || request.Delay > _setup.Options.DelayMax)
        {
            return new IntakeRefusal("BadRequest", 400, $"an event can be delayed by 0 s to {_setup.Options.DelayMax.TotalDays:0.#} days");
        }

        return request.CallbackUrl is { } url && _callbacks.Refuses(url) is { } why ? new IntakeRefusal("BadRequest", 400, "X-Callback-Url: " + why) : null;
    }

    private QueueEntry EntryOf(IntakeRequest request, DateTimeOffset now) => new()
    {
        Id = request.Id,
        Lane = request.Function,
        Function = request.Function,
        AcceptedAt = now,
        DueAt = now + request.Delay,
        Nonce = request.Nonce,
        Request = request.Request,
        IsAwaited = request.IsAwaited,
        CallbackUrl = request.CallbackUrl,
        Key = request.Key is { } key ? new IdempotencyKey(key, Fingerprint(request), now + _setup.Options.KeepKeys) : null,
    };

    /// <summary>What makes two requests the same: method, path, query and body. Headers differ from one try to the next (tracing, time), so they don't count.</summary>
    private static string Fingerprint(IntakeRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Request.Method}\n{request.Request.Path}\n{request.Request.Query}\n{request.IsAwaited}\n"));
        hash.AppendData(request.KeyCoversBody ? default : request.Body.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IntakeReply Refuse(IntakeRequest request, string error, int status, string detail) =>
        new() { Id = request.Id, Refusal = new IntakeRefusal(error, status, detail) };
}
