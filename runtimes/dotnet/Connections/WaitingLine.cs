using System.Diagnostics.CodeAnalysis;
using Faas.Runtime.DotNet.Functions;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>
/// Invocations of a shared connection that were read and have not begun, in order of arrival, and how many are under way: begun, and their End has not left. Never more of these than
/// the function's concurrency. Guarded by the connection's lock.
/// </summary>
internal sealed class WaitingLine(Worker worker)
{
    private readonly Queue<Invocation> _waiting = new();
    private int _underWay;

    /// <summary>How many have not begun.</summary>
    public int Count => _waiting.Count;

    /// <summary>Whether there are some and none of them may begin.</summary>
    public bool IsHeldBack => _waiting.Count > 0 && Room <= 0;

    /// <summary>How many may begin now.</summary>
    public int Ready => Math.Min(_waiting.Count, Math.Max(0, Room));

    private int Room => Math.Max(1, worker.Function?.Spec.Concurrency ?? 1) - _underWay;

    public void Add(Invocation invocation) => _waiting.Enqueue(invocation);

    /// <summary>The first one begins, if it may.</summary>
    public bool TryBegin([NotNullWhen(true)] out Invocation? invocation)
    {
        invocation = null;
        if (_waiting.Count == 0 || Room <= 0)
        {
            return false;
        }

        invocation = _waiting.Dequeue();
        _underWay++;
        return true;
    }

    /// <summary>So many Ends have left.</summary>
    public void End(int count) => _underWay -= count;

    /// <summary>It never begins. False when it has begun. The line is short: the gateway sends few ahead.</summary>
    public bool TryTakeOut(Invocation invocation)
    {
        var isFound = false;
        for (var left = _waiting.Count; left > 0; left--)
        {
            var next = _waiting.Dequeue();
            if (next == invocation)
            {
                isFound = true;
            }
            else
            {
                _waiting.Enqueue(next);
            }
        }

        return isFound;
    }

    /// <summary>None of them begins.</summary>
    public uint[] TakeAll()
    {
        uint[] streams = [.. _waiting.Select(invocation => invocation.Stream)];
        _waiting.Clear();
        return streams;
    }
}
