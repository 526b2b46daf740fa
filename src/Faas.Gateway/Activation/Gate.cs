using System.Diagnostics;
using Faas.Contracts.Invocations;
using Faas.Gateway.Routing;

namespace Faas.Gateway.Activation;

/// <summary>
/// One revision's slots and its waiting line, under one lock: whoever finds no free slot joins the line before anybody can free one, so no
/// request ever waits beside a free slot. Late binding: whichever slot frees first serves the head of the line.
/// </summary>
internal sealed class Gate(string revision, IGateEvents events, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly List<Instance?> _instances = [];
    private readonly WaitingLine _line = new();
    private FreeSet _free = new();
    private Gate? _successor;
    private bool _isClosed;
    private int _instanceCount;
    private int _inUse;
    private double _runMs;
    private string _lastFailure = "";

    /// <summary>The revision's id.</summary>
    public string Revision { get; } = revision;

    /// <summary>
    /// A slot for a request of <paramref name="route"/>: at once when one is free, else after waiting in the line. Cancelling takes the
    /// request out of the line. With <paramref name="again"/> the request had a slot already, of an instance that turned out to be dead: it
    /// goes to the head of the line and keeps its time.
    /// </summary>
    public ValueTask<Acquisition> AcquireAsync(FunctionRoute route, long joinedAt, bool again, CancellationToken cancellationToken)
    {
        // The route may have been replaced after the request had read it; then the gate knows where to go. No lock is held while going there.
        for (var gate = this; ;)
        {
            var entry = gate.Enter(route, joinedAt, again);
            if (entry.Elsewhere is { } successor)
            {
                gate = successor;
            }
            else if (entry.Waiter is { } waiter)
            {
                events.CapacityWanted(gate);
                return gate.WaitAsync(waiter, cancellationToken);
            }
            else
            {
                return new(entry.Acquisition);
            }
        }
    }

    /// <summary>Gives a slot back; the head of the line gets it.</summary>
    public void Release(Instance instance, double runMs)
    {
        Waiter? served = null;
        var drained = false;
        var discarded = false;
        lock (_lock)
        {
            Debug.Assert(instance.InUse > 0, "a slot was released twice");
            instance.InUse--;
            _inUse--;
            instance.LastReleasedAt = clock.GetTimestamp();
            if (runMs > 0)
            {
                _runMs = _runMs == 0 ? runMs : _runMs + ((runMs - _runMs) * 0.1);
            }

            if (instance.State == InstanceState.Ready)
            {
                _free.Add(instance.Position);
                served = ServeHead();
            }
            else if (instance.InUse == 0)
            {
                drained = instance.State == InstanceState.Draining;
                discarded = instance.State == InstanceState.Condemned;
                if (discarded)
                {
                    RemoveLocked(instance);
                }
            }
        }

        Complete(served);
        if (drained)
        {
            events.Drained(instance);
        }
        else if (discarded)
        {
            events.Discarded(instance, instance.CondemnedFor);
            instance.Retire();
        }
    }

    /// <summary>Adds an instance that became ready; the line gets its slots.</summary>
    public void Add(Instance instance)
    {
        List<Waiter> served = [];
        lock (_lock)
        {
            var position = _instances.IndexOf(null);
            if (position < 0)
            {
                position = _instances.Count;
                _instances.Add(null);
            }

            _instances[position] = instance;
            _instanceCount++;
            instance.Position = position;
            instance.LastReleasedAt = clock.GetTimestamp();
            _lastFailure = "";
            _free.Add(position);
            ServeLine(served);
        }

        Complete(served);
    }

    /// <summary>The controller wants to stop the instance: no new slot from now on.</summary>
    public void Drain(Instance instance, bool onlyIfIdle)
    {
        bool isIdle;
        bool isRefused;
        lock (_lock)
        {
            isIdle = instance.InUse == 0;
            isRefused = !isIdle && onlyIfIdle && instance.State == InstanceState.Ready;
            if (!isRefused && instance.State == InstanceState.Ready)
            {
                instance.State = InstanceState.Draining;
                _free.Remove(instance.Position);
            }
        }

        if (isIdle)
        {
            events.Drained(instance);
        }
        else if (isRefused)
        {
            events.DrainRefused(instance);
        }
    }

    /// <summary>The instance is broken: no new slot from now on, and it is discarded as soon as none is in use.</summary>
    public void Condemn(Instance instance, string reason)
    {
        bool someoneWaits;
        var discarded = false;
        lock (_lock)
        {
            if (instance.State is InstanceState.Condemned or InstanceState.Removed)
            {
                return;
            }

            instance.State = InstanceState.Condemned;
            instance.CondemnedFor = reason;
            _free.Remove(instance.Position);
            if (instance.InUse == 0)
            {
                RemoveLocked(instance);
                discarded = true;
            }

            someoneWaits = _line.Count > 0;
        }

        if (discarded)
        {
            events.Discarded(instance, reason);
            instance.Retire();
        }

        if (someoneWaits)
        {
            events.CapacityWanted(this);
        }
    }

    /// <summary>The instance is gone: no new slot from now on, and nothing more is said about it.</summary>
    public void Remove(Instance instance)
    {
        bool someoneWaits;
        lock (_lock)
        {
            RemoveLocked(instance);
            someoneWaits = _line.Count > 0;
        }

        if (someoneWaits)
        {
            events.CapacityWanted(this);
        }
    }

    /// <summary>Requests go to <paramref name="successor"/> from now on. Who waits here moves there, in order; what runs here finishes.</summary>
    public void SupersedeBy(Gate successor)
    {
        if (successor == this)
        {
            Open();
            return;
        }

        List<Waiter> served = [];
        bool someoneWaits;
        lock (_lock)
        {
            // Nobody else nests the locks of two gates, and the link's reader, who alone calls this, is one thread.
            lock (successor._lock)
            {
                successor._successor = null;
                successor._isClosed = false;
                _successor = successor;
                foreach (var waiter in _line.TakeAll())
                {
                    waiter.Gate = successor;
                    successor._line.Join(waiter, atHead: false);
                }

                successor.ServeLine(served);
                someoneWaits = successor._line.Count > 0;
            }
        }

        Complete(served);
        if (someoneWaits)
        {
            events.CapacityWanted(successor);
        }
    }

    /// <summary>A function's route leads here (again).</summary>
    public void Open()
    {
        lock (_lock)
        {
            _successor = null;
            _isClosed = false;
        }
    }

    /// <summary>The function is deleted: who waits gets that answer; what runs finishes.</summary>
    public void Close(string detail)
    {
        List<Waiter> waiters;
        lock (_lock)
        {
            _isClosed = true;
            _successor = null;
            waiters = _line.TakeAll();
        }

        Fail(waiters, InvocationError.NotFound, detail);
    }

    /// <summary>No instance could be started. Who waits fails with this, unless there are instances whose slots will free.</summary>
    public void ActivationFailed(InvocationError error, string detail)
    {
        List<Waiter> waiters = [];
        lock (_lock)
        {
            _lastFailure = detail;
            if (_instanceCount == 0)
            {
                waiters = _line.TakeAll();
            }
        }

        Fail(waiters, error, detail);
    }

    /// <summary>Takes a waiter out of the line, with what to tell it when its time is over.</summary>
    public Withdrawal TryWithdraw(Waiter waiter, out string detail)
    {
        detail = "";
        lock (_lock)
        {
            if (waiter.Gate != this)
            {
                return Withdrawal.Moved;
            }

            if (waiter.Node is null)
            {
                return Withdrawal.TooLate;
            }

            _line.Remove(waiter);
            detail = _lastFailure.Length > 0
                ? $"no instance became free in time; the last one failed to start: {_lastFailure}"
                : $"no instance became free within {waiter.Route.WaitMax.TotalSeconds:0.###} s";
            return Withdrawal.Done;
        }
    }

    /// <summary>Numbers for the controller.</summary>
    public GateLoad Load()
    {
        lock (_lock)
        {
            var slots = 0;
            foreach (var instance in _instances)
            {
                slots += instance is { State: InstanceState.Ready } ? instance.Slots : 0;
            }

            return new GateLoad(_line.Count, _inUse, slots, _runMs, _instanceCount);
        }
    }

    /// <summary>Numbers of one instance: slots in use, slots taken so far, how long it has been idle, and its state.</summary>
    public InstanceUse UseOf(Instance instance)
    {
        lock (_lock)
        {
            var idle = instance.InUse > 0 ? TimeSpan.Zero : clock.GetElapsedTime(instance.LastReleasedAt);
            return new InstanceUse(instance.InUse, instance.Taken, idle, instance.State);
        }
    }

    /// <summary>Looks for a slot and joins the line in one step.</summary>
    private Entry Enter(FunctionRoute route, long joinedAt, bool again)
    {
        lock (_lock)
        {
            if (_successor is not null)
            {
                return new Entry(default, null, _successor);
            }

            if (_isClosed)
            {
                return new Entry(Acquisition.Failed(InvocationError.NotFound, $"function '{route.Function}' was deleted"), null, null);
            }

            var position = _free.Lowest();
            if (position >= 0)
            {
                var instance = TakeSlot(position);
                return new Entry(Acquisition.Of(instance, isCold: again && instance.ReadyAt > joinedAt), null, null);
            }

            if (_line.Count >= route.LineLengthMax && !again)
            {
                return new Entry(Acquisition.Failed(InvocationError.QueueFull,
                    $"{_line.Count} requests are waiting for '{route.Function}' already; try again later"), null, null);
            }

            var waiter = new Waiter(route, joinedAt) { Gate = this };
            _line.Join(waiter, atHead: again);
            return new Entry(default, waiter, null);
        }
    }

    private async ValueTask<Acquisition> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        var left = waiter.Route.WaitMax - clock.GetElapsedTime(waiter.JoinedAt);
        await using var deadline = clock.CreateTimer(static state => ((Waiter)state!).Withdraw(InvocationError.Unavailable), waiter,
            left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await using var cancellation = cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Withdraw(InvocationError.CallerGone), waiter);
        return await waiter.Task;
    }

    private Instance TakeSlot(int position)
    {
        var instance = _instances[position]!;
        instance.Taken++;
        _inUse++;
        if (++instance.InUse >= instance.Slots)
        {
            _free.Remove(position);
        }

        return instance;
    }

    /// <summary>Takes the head out of the line with a slot reserved for it; completed by the caller after it has left the lock.</summary>
    private Waiter? ServeHead()
    {
        if (_line.Count == 0)
        {
            return null;
        }

        var position = _free.Lowest();
        if (position < 0)
        {
            return null;
        }

        var waiter = _line.TakeHead()!;
        waiter.Served = TakeSlot(position);
        return waiter;
    }

    private void ServeLine(List<Waiter> served)
    {
        while (ServeHead() is { } waiter)
        {
            served.Add(waiter);
        }
    }

    private void RemoveLocked(Instance instance)
    {
        instance.State = InstanceState.Removed;
        if (instance.Position < 0)
        {
            return;
        }

        _free.Remove(instance.Position);
        _instances[instance.Position] = null;
        instance.Position = -1;
        _instanceCount--;
    }

    private static void Complete(List<Waiter> served)
    {
        foreach (var waiter in served)
        {
            Complete(waiter);
        }
    }

    private static void Complete(Waiter? waiter)
    {
        if (waiter?.Served is { } instance)
        {
            waiter.SetResult(Acquisition.Of(instance, isCold: instance.ReadyAt > waiter.JoinedAt));
        }
    }

    private static void Fail(List<Waiter> waiters, InvocationError error, string detail)
    {
        foreach (var waiter in waiters)
        {
            waiter.SetResult(Acquisition.Failed(error, detail));
        }
    }

    /// <summary>What a request meets at the gate: an acquisition (or why none), a place in the line, or another gate to go to.</summary>
    private readonly record struct Entry(Acquisition Acquisition, Waiter? Waiter, Gate? Elsewhere);
}

/// <summary>A gate's numbers at one moment.</summary>
internal readonly record struct GateLoad(int Waiting, int InUse, int Slots, double RunMs, int Instances);

/// <summary>An instance's numbers at one moment.</summary>
internal readonly record struct InstanceUse(int InUse, long Taken, TimeSpan Idle, InstanceState State);
