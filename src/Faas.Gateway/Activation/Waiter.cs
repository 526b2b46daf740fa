using Faas.Contracts.Invocations;
using Faas.Gateway.Routing;

namespace Faas.Gateway.Activation;

/// <summary>
/// One request in a waiting line. <see cref="Gate"/> and <see cref="Node"/> are guarded by the lock of the gate it is at; whoever takes it
/// out of the line under that lock is the one who completes it, so exactly one does.
/// </summary>
internal sealed class Waiter(FunctionRoute route, long joinedAt)
    : TaskCompletionSource<Acquisition>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private Gate? _gate;

    /// <summary>What it wants.</summary>
    public FunctionRoute Route { get; } = route;

    /// <summary>When it began to wait.</summary>
    public long JoinedAt { get; } = joinedAt;

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

    /// <summary>Hands each of <paramref name="served"/> the slot that was reserved for it. Outside the lock, because what follows may run at once.</summary>
    public static void Complete(List<Waiter> served)
    {
        foreach (var waiter in served)
        {
            waiter.Complete();
        }
    }

    /// <summary>Tells each of <paramref name="waiters"/>, who were taken out of a line, why there is no slot.</summary>
    public static void Fail(List<Waiter> waiters, InvocationError error, string detail)
    {
        foreach (var waiter in waiters)
        {
            waiter.SetResult(Acquisition.Failed(error, detail));
        }
    }

    /// <summary>Hands over the slot in <see cref="Served"/>.</summary>
    public void Complete()
    {
        var instance = Served!;
        SetResult(Acquisition.Of(instance, isCold: instance.ReadyAt > JoinedAt));
    }

    /// <summary>Takes it out of the line, unless somebody else just did, and says why.</summary>
    public void Withdraw(InvocationError error)
    {
        while (Gate is { } gate)
        {
            switch (gate.TryWithdraw(this, out var detail))
            {
                case Withdrawal.Done:
                    SetResult(Acquisition.Failed(error, error == InvocationError.Unavailable ? detail : ""));
                    return;
                case Withdrawal.TooLate:
                    return;
                default:
                    continue;   // It was moved to another gate between the two reads.
            }
        }
    }
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
