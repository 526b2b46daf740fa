using System.Net.Sockets;
using Faas.Runtime.DotNet.Functions;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Answers that were moved from shared connections and wait for, or have, a data connection of their own.</summary>
internal sealed class MovedAnswers
{
    private readonly Dictionary<uint, MovedAnswer> _answers = [];

    /// <summary>The gateway is about to be told that this answer is moved.</summary>
    public MovedAnswer Add(Invocation invocation)
    {
        var moved = new MovedAnswer(invocation);
        lock (_answers)
        {
            _answers[invocation.Stream] = moved;
        }

        return moved;
    }

    /// <summary>The answer with this number that waits for its connection; null when there is none.</summary>
    public MovedAnswer? Find(uint stream)
    {
        lock (_answers)
        {
            return _answers.GetValueOrDefault(stream);
        }
    }

    /// <summary>The answer is over, or nobody waits for it.</summary>
    public void Remove(uint stream)
    {
        lock (_answers)
        {
            _answers.Remove(stream);
        }
    }
}

/// <summary>One answer on its way to a data connection: the handler's thread waits for the connection, then the connection's thread for the end of the answer.</summary>
internal sealed class MovedAnswer(Invocation invocation)
{
    private readonly object _gate = new();
    private Socket? _socket;
    private bool _isWithdrawn;
    private bool _isOver;

    public Invocation Invocation => invocation;

    /// <summary>Whether its data connection cannot carry anything more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Called by the handler's thread: the socket that the answer goes over.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public Socket WaitForSocket()
    {
        lock (_gate)
        {
            while (_socket is null && !_isWithdrawn)
            {
                Monitor.Wait(_gate);
            }

            return _socket ?? throw new OperationCanceledException("the invocation was cancelled before its answer was taken");
        }
    }

    /// <summary>Called by the data connection's thread: lends its socket until the answer is over.</summary>
    public void CarryOver(Socket socket)
    {
        lock (_gate)
        {
            if (_isWithdrawn || _socket is not null)
            {
                IsBroken = true;
                return;
            }

            _socket = socket;
            Monitor.PulseAll(_gate);
            while (!_isOver)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Nobody waits for it any more. Without effect once it has its connection.</summary>
    public void Withdraw()
    {
        lock (_gate)
        {
            _isWithdrawn = _socket is null;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Called by the handler's thread: the answer has been sent, or cannot be.</summary>
    public void End(bool isBroken)
    {
        lock (_gate)
        {
            IsBroken |= isBroken;
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }
}
