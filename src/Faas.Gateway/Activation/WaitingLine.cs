namespace Faas.Gateway.Activation;

/// <summary>First come, first served. Belongs to the lock of its gate.</summary>
internal sealed class WaitingLine
{
    private readonly LinkedList<Waiter> _waiters = new();

    /// <summary>Requests in the line.</summary>
    public int Count => _waiters.Count;

    /// <summary>Puts a waiter at the end, or at the head when it has waited already and lost what it got.</summary>
    public void Join(Waiter waiter, bool atHead) => waiter.Node = atHead ? _waiters.AddFirst(waiter) : _waiters.AddLast(waiter);

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

    /// <summary>Takes a waiter out of the line.</summary>
    public void Remove(Waiter waiter)
    {
        _waiters.Remove(waiter.Node!);
        waiter.Node = null;
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
}
