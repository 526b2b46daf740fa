using System.Threading.Tasks.Sources;
using Faas.Contracts.Invocations;

namespace Faas.Gateway.Activation;

/// <summary>
/// One request in a waiting line. <see cref="Gate"/> and <see cref="Node"/> are guarded by the lock of the gate it is at; whoever takes it
/// out of the line under that lock is the one who completes it, so exactly one does.
/// </summary>
internal sealed class Waiter(SlotWish wish, long deadline) : IValueTaskSource<Acquisition>
{
    /// <summary>Waiters that are served within each other on one thread: one may end at once and serve the next. Beyond this another thread goes on, so that a stack has an end.</summary>
    private const int NestedMax = 8;

    [ThreadStatic]
    private static int _nested;

    private ManualResetValueTaskSourceCore<Acquisition> _outcome;   // Mutable struct: must not be readonly.
    private Gate? _gate;

    /// <summary>What it wants.</summary>
    public SlotWish Wish { get; } = wish;

    /// <summary>Timestamp until which it waits.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>Its place in the line; null once it was taken out.</summary>
    public LinkedListNode<Waiter>? Node { get; set; }

    /// <summary>The instance with a slot reserved for it; set under the lock by whoever serves it.</summary>
    public Instance? Served { get; set; }

    /// <summary>The gate it waits at. A new revision moves it to another one.</summary>
    public Gate? Gate
    {
        get => Volatile.Read(ref _gate);
        set => Volatile.Write(ref _gate, value);
    }

    /// <summary>Its slot, or why it gets none. Cancelling takes it out of the line. To be called once.</summary>
    public async ValueTask<Acquisition> WaitAsync(CancellationToken cancellationToken)
    {
        await using var cancellation = cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Withdraw(InvocationError.CallerGone), this);
        return await new ValueTask<Acquisition>(this, _outcome.Version);
    }

    /// <summary>Hands each of <paramref name="served"/> the slot that was reserved for it, each on a thread of its own: the caller has other things to do.</summary>
    public static void Complete(List<Waiter> served)
    {
        foreach (var waiter in served)
        {
            waiter.Post(waiter.ServedAcquisition());
        }
    }

    /// <summary>Tells each of <paramref name="waiters"/>, who were taken out of a line, why there is no slot.</summary>
    public static void Fail(List<Waiter> waiters, InvocationError error, string detail)
    {
        foreach (var waiter in waiters)
        {
            waiter.Post(Acquisition.Failed(error, detail));
        }
    }

    /// <summary>
    /// Hands over the slot in <see cref="Served"/>. What follows - sending the request - runs before this returns: another thread would have to be woken, which costs more. Outside
    /// of any lock.
    /// </summary>
    public void Complete()
    {
        if (_nested >= NestedMax)
        {
            Post(ServedAcquisition());
            return;
        }

        _nested++;
        try
        {
            _outcome.SetResult(ServedAcquisition());
        }
        finally
        {
            _nested--;
        }
    }

    /// <summary>Takes it out of the line, unless somebody else just did, and says why.</summary>
    public void Withdraw(InvocationError error)
    {
        while (Gate is { } gate)
        {
            switch (gate.TryWithdraw(this, out var detail))
            {
                case Withdrawal.Done:
                    Post(Acquisition.Failed(error, error == InvocationError.Unavailable ? detail : ""));
                    return;
                case Withdrawal.TooLate:
                    return;
                default:
                    continue;   // It was moved to another gate between the two reads.
            }
        }
    }

    private Acquisition ServedAcquisition() => Acquisition.Of(Served!, isCold: Served!.ReadyAt > Wish.JoinedAt);

    /// <summary>Completes it; what follows runs elsewhere.</summary>
    private void Post(Acquisition acquisition)
    {
        _outcome.RunContinuationsAsynchronously = true;
        _outcome.SetResult(acquisition);
    }

    /// <inheritdoc/>
    Acquisition IValueTaskSource<Acquisition>.GetResult(short token) => _outcome.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<Acquisition>.GetStatus(short token) => _outcome.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<Acquisition>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);
}

/// <summary>What came of taking a waiter out of its line.</summary>
internal enum Withdrawal
{
    /// <summary>It is out, and the caller completes it.</summary>
    Done,

    /// <summary>Somebody else has taken it out.</summary>
    TooLate,

    /// <summary>It stands in another gate's line now.</summary>
    Moved,
}
