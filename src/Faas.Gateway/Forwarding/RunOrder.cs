namespace Faas.Gateway.Forwarding;

/// <summary>
/// Which invocations of a shared connection run and which the worker holds back, as far as what was sent and the Ends that have come can tell (PROTOCOL.md): whatever is held back here has not
/// begun, even if the worker is dead. Belongs to the lock of its connection.
/// </summary>
internal sealed class RunOrder(int slots)
{
    private readonly Queue<SharedExchange> _held = new();
    private int _running;

    /// <summary>Invocations that are held back.</summary>
    public int Held { get; private set; }

    /// <summary>Invocations that have run and ended.</summary>
    public long Ends { get; private set; }

    /// <summary>It is about to be sent. False when the worker holds it back.</summary>
    public bool TryStart(SharedExchange exchange)
    {
        if (_running < slots)
        {
            _running++;
            return true;
        }

        exchange.IsHeld = true;
        _held.Enqueue(exchange);
        Held++;
        return false;
    }

    /// <summary>Its End has come; whose turn it is now, if anybody's.</summary>
    public SharedExchange? End(SharedExchange exchange)
    {
        if (exchange.IsHeld)
        {
            exchange.IsHeld = false;
            Held--;
            return null;
        }

        Ends++;
        while (_held.TryDequeue(out var next))
        {
            if (next.IsHeld)
            {
                next.IsHeld = false;
                Held--;
                return next;
            }
        }

        _running--;
        return null;
    }

    /// <summary>What is held back and was not recalled yet.</summary>
    public List<SharedExchange> ToRecall() => [.. _held.Where(static exchange => exchange is { IsHeld: true, IsRecalled: false })];
}
