using Faas.Contracts.Invocations;
using Faas.Gateway.Routing;

namespace Faas.Gateway.Activation;

/// <summary>First come, first served. Belongs to the lock of its gate.</summary>
internal sealed class WaitingLine
{
    private readonly LinkedList<Waiter> _waiters = new();
    private int _count;

    /// <summary>Requests in the line.</summary>
    public int Count => _waiters.Count;

    /// <summary>Requests that have ever been in the line.</summary>
    public long Joined { get; private set; }

    /// <summary>Whether anybody waits. May be read without the lock, and may then be of a moment ago.</summary>
    public bool HasAnybody => Volatile.Read(ref _count) > 0;

    /// <summary>Who is served next; null when nobody waits.</summary>
    public Waiter? Head => _waiters.First?.Value;

    /// <summary>Puts a waiter at the end, or at the head when it has waited already and lost what it got: there in the order in which they came.</summary>
    public void Join(Waiter waiter, bool atHead)
    {
        Joined++;
        waiter.Node = !atHead ? _waiters.AddLast(waiter) : NotEarlier(waiter) is { } next ? _waiters.AddBefore(next, waiter) : _waiters.AddLast(waiter);
        Volatile.Write(ref _count, _waiters.Count);
    }

    /// <summary>Those whose time is over at <paramref name="now"/>, and the earliest deadline of the others; 0 when there are none.</summary>
    public (List<Waiter> Expired, long Next) ExpiredAt(long now)
    {
        var expired = new List<Waiter>();
        var next = 0L;
        foreach (var waiter in _waiters)
        {
            if (waiter.Deadline <= now)
            {
                expired.Add(waiter);
            }
            else if (next == 0 || waiter.Deadline < next)
            {
                next = waiter.Deadline;
            }
        }

        return (expired, next);
    }

    /// <summary>Takes the head out of the line; null when nobody waits.</summary>
    public Waiter? TakeHead()
    {
        if (_waiters.First is not { } head)
        {
            return null;
        }

        Remove(head.Value);
        return head.Value;
    }

    /// <summary>The first who did not come earlier than <paramref name="waiter"/>.</summary>
    private LinkedListNode<Waiter>? NotEarlier(Waiter waiter)
    {
        var node = _waiters.First;
        while (node is not null && node.Value.Wish.JoinedAt < waiter.Wish.JoinedAt)
        {
            node = node.Next;
        }

        return node;
    }

    /// <summary>Takes a waiter out of the line.</summary>
    public void Remove(Waiter waiter)
    {
        _waiters.Remove(waiter.Node!);
        waiter.Node = null;
        Volatile.Write(ref _count, _waiters.Count);
    }

    /// <summary>Takes everybody out, in order.</summary>
    public List<Waiter> TakeAll()
    {
        var all = new List<Waiter>(_waiters.Count);
        while (TakeHead() is { } waiter)
        {
            all.Add(waiter);
        }

        return all;
    }

    /// <summary>
    /// The answer to who finds the line full. How long it takes to clear on <paramref name="slots"/> is as good an advice as there is; a line whose speed is unknown gets a second.
    /// </summary>
    public Acquisition Overflow(FunctionRoute route, double runMs, int slots)
    {
        var clearMs = slots > 0 ? Count * runMs / slots : 0;
        var seconds = (int)Math.Clamp(Math.Ceiling(clearMs / 1000), 1, Math.Max(1, route.WaitMax.TotalSeconds));
        return Acquisition.Failed(InvocationError.QueueFull,
            $"{Count} requests are waiting for '{route.Function}' already; try again in {seconds} s") with { RetryAfterSeconds = seconds };
    }
}
