using System.Buffers;
using System.Threading.Tasks.Sources;
using Faas.Gateway.Invocation;

namespace Faas.Gateway.Forwarding;

/// <summary>
/// One invocation on a shared connection. Its outcome is decided once, by whoever is first: the connection's reader, its clock, or the caller who goes away. What waits for it
/// goes on at once on the thread of the one who decides.
/// </summary>
internal sealed class SharedExchange(SharedConnection connection, LiveInvocation invocation, uint stream) : IValueTaskSource<SharedOutcome>
{
    private ManualResetValueTaskSourceCore<SharedOutcome> _outcome;   // Mutable struct: must not be readonly.
    private CancellationTokenRegistration _caller;
    private byte[] _answer = [];
    private int _headLength;
    private int _bodyLength;
    private int _isDecided;

    /// <summary>The invocation.</summary>
    public LiveInvocation Invocation => invocation;

    /// <summary>Its number.</summary>
    public uint Stream => stream;

    /// <summary>Timestamp at which it must have an answer, or, once nobody waits for one, its end.</summary>
    public long Deadline { get; set; }

    /// <summary>Guarded by the connection: timestamp at which its turn began.</summary>
    public long TurnAt { get; set; }

    /// <summary>Guarded by the connection: the worker holds it back until its turn comes.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Guarded by the connection: the worker was asked to give it back.</summary>
    public bool IsRecalled { get; set; }

    /// <summary>Payload of the Response frame, after <see cref="SharedOutcome.Answered"/>, or of the Failure frame. Valid until <see cref="FreeAnswer"/>.</summary>
    public ReadOnlyMemory<byte> Head => _answer.AsMemory(0, _headLength);

    /// <summary>Body of the answer. Valid until <see cref="FreeAnswer"/>.</summary>
    public ReadOnlyMemory<byte> Body => _answer.AsMemory(_headLength, _bodyLength);

    /// <summary>Completes with the outcome. To be awaited once.</summary>
    public ValueTask<SharedOutcome> Outcome => new(this, _outcome.Version);

    /// <summary>Whether its outcome is decided, so that only its end is waited for.</summary>
    public bool IsDecided => Volatile.Read(ref _isDecided) != 0;

    /// <summary>Begins to listen for the caller going away.</summary>
    public void WatchCaller(CancellationToken callerGone)
    {
        _caller = callerGone.UnsafeRegister(static exchange => ((SharedExchange)exchange!).Abandon(SharedOutcome.CallerGone), this);
        if (IsDecided)
        {
            _caller.Unregister();   // The answer was faster, and whoever decided may have looked before there was anything to unregister.
        }
    }

    /// <summary>
    /// The worker has answered. What it says is copied: whoever waits for it may not have begun to wait, and then reads it later than the connection reads on. False when it has its
    /// outcome already.
    /// </summary>
    public bool TryAnswer(SharedOutcome outcome, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        if (!TryDecide())
        {
            return false;
        }

        if (head.Length + body.Length > 0)
        {
            _answer = ArrayPool<byte>.Shared.Rent(head.Length + body.Length);
            head.CopyTo(_answer);
            body.CopyTo(_answer.AsSpan(head.Length));
            (_headLength, _bodyLength) = (head.Length, body.Length);
        }

        _outcome.SetResult(outcome);
        return true;
    }

    /// <summary>Whether the caller of this is the one who decides, and then completes it.</summary>
    public bool TryDecide()
    {
        if (Interlocked.Exchange(ref _isDecided, 1) != 0)
        {
            return false;
        }

        _caller.Unregister();
        return true;
    }

    /// <summary>Tells whoever waits what was decided.</summary>
    public void Complete(SharedOutcome outcome) => _outcome.SetResult(outcome);

    /// <summary>It ends without an answer. False when it has its outcome already.</summary>
    public bool TryEnd(SharedOutcome outcome) => TryAnswer(outcome, default, default);

    /// <summary>What the worker said is not needed any more.</summary>
    public void FreeAnswer()
    {
        if (_answer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_answer);
            (_answer, _headLength, _bodyLength) = ([], 0, 0);
        }
    }

    /// <summary>Nobody waits for the answer any more: the worker is told, and the slot stays in use until it says End.</summary>
    public void Abandon(SharedOutcome outcome)
    {
        if (TryDecide())
        {
            connection.Cancel(this, outcome == SharedOutcome.TimedOut ? WorkerProtocol.CancelReason.Timeout : WorkerProtocol.CancelReason.CallerGone);
            _outcome.SetResult(outcome);
        }
    }

    /// <inheritdoc/>
    public SharedOutcome GetResult(short token) => _outcome.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _outcome.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);
}

/// <summary>What came of an invocation on a shared connection.</summary>
internal enum SharedOutcome
{
    /// <summary>The whole answer is here.</summary>
    Answered,

    /// <summary>The function failed; the Failure frame is here.</summary>
    Failed,

    /// <summary>The answer is long and waits for a connection of its own.</summary>
    Moved,

    /// <summary>The worker takes no new invocation; nothing of this one has begun.</summary>
    Refused,

    /// <summary>It was sent ahead of its turn, and has not begun.</summary>
    GivenBack,

    /// <summary>The function's timeout ran out.</summary>
    TimedOut,

    /// <summary>The caller went away.</summary>
    CallerGone,

    /// <summary>The connection broke.</summary>
    Lost,
}
