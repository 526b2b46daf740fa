using Faas.Contracts.Invocations;
using Faas.Gateway.Metering;

namespace Faas.Gateway.Activation;

/// <summary>One instance of a revision, as the gateway knows it. Fields below "guarded" belong to the lock of its <see cref="Gate"/>.</summary>
#pragma warning disable CA1001 // _gone has neither a timer nor a wait handle, so there is nothing to dispose of; late readers of its token stay safe.
internal sealed class Instance(string id, Gate gate, int slots, InstanceEndpoint endpoint, long readyAt)
#pragma warning restore CA1001
{
    private readonly TaskCompletionSource<InstanceEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _gone = new();
    private IInstanceTransport? _transport;

    /// <summary>The controller's id for it.</summary>
    public string Id { get; } = id;

    /// <summary>The gate of its revision.</summary>
    public Gate Gate { get; } = gate;

    /// <summary>Invocations that it runs at the same time.</summary>
    public int Slots { get; } = slots;

    /// <summary>Where it listens.</summary>
    public InstanceEndpoint Endpoint { get; } = endpoint;

    /// <summary>Timestamp of its announcement: who joined the line before it waited for a cold start.</summary>
    public long ReadyAt { get; } = readyAt;

    /// <summary>How it was made.</summary>
    public ActivationSpan Activation { get; init; }

    /// <summary>Where to read what it uses.</summary>
    public GroupFolders Group { get; init; }

    /// <summary>Completes with how it ended, once the controller has said so.</summary>
    public Task<InstanceEnd> Ended => _ended.Task;

    /// <summary>Cancelled when the controller has said that it ended.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Guarded: slots in use, and invocations beyond them that wait at the instance.</summary>
    public int InUse { get; set; }

    /// <summary>Guarded: what runs on it takes longer than usual, or may. Nothing is sent ahead to it.</summary>
    public bool IsHeldUp { get; set; }

    /// <summary>Guarded: whether it may get new invocations, and if not, why.</summary>
    public InstanceState State { get; set; }

    /// <summary>Guarded: its place in the gate, lowest first; -1 when removed.</summary>
    public int Position { get; set; } = -1;

    /// <summary>Guarded: when its last slot was released.</summary>
    public long LastReleasedAt { get; set; } = readyAt;

    /// <summary>Guarded: slots taken so far, so that a report can tell whether anything happened.</summary>
    public long Taken { get; set; }

    /// <summary>Guarded: why it must be killed, in state <see cref="InstanceState.Condemned"/>.</summary>
    public string CondemnedFor { get; set; } = "";

    /// <summary>How invocations get to it. Made at first use: an instance may be announced before the route that says which kind it is.</summary>
    public IInstanceTransport TransportFrom(IInstanceTransports transports, bool isHttp)
    {
        var transport = Volatile.Read(ref _transport);
        if (transport is not null)
        {
            return transport;
        }

        var created = transports.Create(this, isHttp);
        var earlier = Interlocked.CompareExchange(ref _transport, created, null);
        if (earlier is not null)
        {
            created.Dispose();
            return earlier;
        }

        if (_ended.Task.IsCompleted)
        {
            created.Dispose();
        }

        return created;
    }

    /// <summary>Says how it ended: what runs on it fails with this, and its waiting connections are closed.</summary>
    public void End(InvocationError error, string detail)
    {
        if (_ended.TrySetResult(new InstanceEnd(error, detail)))
        {
            _gone.Cancel();
            Volatile.Read(ref _transport)?.Dispose();
        }
    }

    /// <summary>Closes the waiting connections of an instance that is not used any more; what runs on it goes on.</summary>
    public void Retire() => Volatile.Read(ref _transport)?.Dispose();
}

/// <summary>Where an instance listens: a unix socket, or host and port.</summary>
internal readonly record struct InstanceEndpoint(string Socket, string Address);

/// <summary>How an instance ended.</summary>
internal readonly record struct InstanceEnd(InvocationError Error, string Detail);

/// <summary>Whether an instance gets new invocations.</summary>
internal enum InstanceState
{
    /// <summary>It does.</summary>
    Ready,

    /// <summary>It does not until it is thawed: the controller has frozen it, or is about to.</summary>
    Frozen,

    /// <summary>It does not: the controller wants to stop it.</summary>
    Draining,

    /// <summary>It does not: it is broken, and is discarded when its last slot is released.</summary>
    Condemned,

    /// <summary>It is not the gate's any more.</summary>
    Removed,
}
