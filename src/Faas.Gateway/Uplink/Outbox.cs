using Faas.Gateway.Activation;
using Faas.Link;

namespace Faas.Gateway.Uplink;

/// <summary>
/// What waits to be sent to the controller. Never blocks and never grows: wishes for capacity are coalesced to one per revision, with the
/// numbers of the moment of sending; everything else is at most one message an instance, and can be told again after a reconnect.
/// </summary>
internal sealed class Outbox : IGateEvents, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<GatewayMessage> _messages = new();
    private readonly Queue<Gate> _wishes = new();
    private readonly HashSet<Gate> _wishing = [];
    private readonly Dictionary<string, string> _discarded = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0, 1);
    private bool _isOpen;
    private int _connections;

    /// <inheritdoc/>
    public void CapacityWanted(Gate gate)
    {
        lock (_lock)
        {
            if (!_isOpen || !_wishing.Add(gate))
            {
                return;
            }

            _wishes.Enqueue(gate);
        }

        Signal();
    }

    /// <inheritdoc/>
    public void Drained(Instance instance) => Drained(instance.Id);

    /// <summary>An instance that the gateway does not know has no slot in use here either.</summary>
    public void Drained(string instance) => Post(new GatewayMessage { Drained = new Drained { Instance = instance } });

    /// <inheritdoc/>
    public void DrainRefused(Instance instance) => Post(new GatewayMessage { DrainRefused = new DrainRefused { Instance = instance.Id } });

    /// <inheritdoc/>
    public void FreezeAnswered(Instance instance, bool isAgreed) =>
        Post(new GatewayMessage { FreezeAnswered = new FreezeAnswered { Instance = instance.Id, Agreed = isAgreed } });

    /// <inheritdoc/>
    public void Discarded(Instance instance, string reason)
    {
        lock (_lock)
        {
            _discarded[instance.Id] = reason;
        }

        Discard(instance.Id, reason);
    }

    /// <summary>Says (again) that an instance must be killed.</summary>
    public void Discard(string instance, string reason) => Post(new GatewayMessage { Discard = new Discard { Instance = instance, Reason = reason } });

    /// <summary>Whether an instance was discarded, so that an announcement of it must not be believed.</summary>
    public bool WasDiscarded(string instance, out string reason)
    {
        lock (_lock)
        {
            return _discarded.TryGetValue(instance, out reason!);
        }
    }

    /// <summary>The controller has killed it, or knows nothing of it.</summary>
    public void ForgetDiscarded(string instance)
    {
        lock (_lock)
        {
            _discarded.Remove(instance);
        }
    }

    /// <summary>Forgets which discarded instances the controller does not know any more.</summary>
    public void KeepDiscarded(HashSet<string> mentioned)
    {
        lock (_lock)
        {
            foreach (var id in _discarded.Keys.Where(id => !mentioned.Contains(id)).ToList())
            {
                _discarded.Remove(id);
            }
        }
    }

    /// <summary>Queues a message; lost when there is no connection, because what matters is told again after the next one's sync.</summary>
    public void Post(GatewayMessage message)
    {
        lock (_lock)
        {
            if (!_isOpen)
            {
                return;
            }

            _messages.Enqueue(message);
        }

        Signal();
    }

    /// <summary>Whether the controller takes messages more slowly than they are made; what can be left out should be.</summary>
    public bool IsBacklogged
    {
        get
        {
            lock (_lock)
            {
                return _messages.Count > 64;
            }
        }
    }

    /// <summary>Connections so far: who told the controller something over an earlier one cannot know whether it arrived.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _connections;
            }
        }
    }

    /// <summary>A connection begins: from now on messages are kept for it.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            _connections++;
        }
    }

    /// <summary>The connection ended: what was not sent is dropped.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isOpen = false;
            _messages.Clear();
            _wishes.Clear();
            _wishing.Clear();
        }
    }

    /// <summary>The next message, waiting for one if necessary.</summary>
    public async ValueTask<GatewayMessage> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake() is { } message)
            {
                return message;
            }

            await _signal.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _signal.Dispose();

    /// <summary>The next message, if there is one.</summary>
    public GatewayMessage? TryTake()
    {
        while (true)
        {
            Gate? gate;
            lock (_lock)
            {
                if (!_wishes.TryDequeue(out gate))
                {
                    return _messages.TryDequeue(out var message) ? message : null;
                }

                _wishing.Remove(gate);
            }

            var load = gate.Load();
            if (load.Waiting > 0)
            {
                return new GatewayMessage { CapacityWanted = new CapacityWanted { Load = LoadReports.ToMessage(gate.Revision, load) } };
            }
        }
    }

    private void Signal()
    {
        try
        {
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else signalled in between; one signal is enough, because the reader looks for everything after it.
        }
    }
}
