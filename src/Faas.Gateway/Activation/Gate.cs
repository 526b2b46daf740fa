using System.Diagnostics;
using Faas.Contracts.Invocations;
using Faas.Gateway.Routing;

namespace Faas.Gateway.Activation;

/// <summary>
/// One revision's slots and its waiting line, under one lock: whoever finds no free slot joins the line before anybody can free one, so no
/// request ever waits beside a free slot. Late binding: whichever slot frees first serves the head of the line.
/// </summary>
internal sealed class Gate
{
    private readonly IGateEvents _events;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly SlotSet _slots = new();
    private readonly WaitingLine _line = new();
    private readonly Demand _demand;
    private readonly LineClock _lineClock;
    private Gate? _successor;
    private bool _isClosed;
    private string _explanation = "";

    public Gate(string revision, IGateEvents events, TimeProvider clock)
    {
        Revision = revision;
        _events = events;
        _clock = clock;
        _demand = new Demand(clock);
        _lineClock = new LineClock(clock, _ => Expire());
    }

    /// <summary>The revision's id.</summary>
    public string Revision { get; }

    /// <summary>
    /// A slot: at once when one is free, else after waiting in the line. Cancelling takes the request out of the line. For quick functions the slot may be one that is
    /// still in use: the request waits at the instance then, and not here.
    /// </summary>
    public ValueTask<Acquisition> AcquireAsync(SlotWish wish, CancellationToken cancellationToken)
    {
        // The route may have been replaced after the request had read it; then the gate knows where to go. No lock is held while going there.
        for (var gate = this; ;)
        {
            var entry = gate.Enter(wish);
            if (entry.Elsewhere is { } successor)
            {
                gate = successor;
            }
            else
            {
                if (entry.ShouldAsk)
                {
                    _events.CapacityWanted(gate);
                }

                return entry.Waiter is { } waiter ? waiter.WaitAsync(cancellationToken) : new(entry.Acquisition);
            }
        }
    }

    /// <summary>Gives a slot back; the head of the line gets it. <paramref name="runMs"/> is null when the function never ran; <paramref name="wasAhead"/> and <paramref name="workerMs"/>: see <see cref="Demand.Ended"/>.</summary>
    public void Release(Instance instance, double? runMs, bool wasAhead = false, double? workerMs = null)
    {
        Waiter? served = null;
        Waiter? also = null;
        var drained = false;
        var discarded = false;
        lock (_lock)
        {
            Debug.Assert(instance.InUse > 0, "a slot was released twice");
            _slots.Return(instance);
            instance.LastReleasedAt = _clock.GetTimestamp();
            if (runMs is { } ran)
            {
                _demand.Ended(ran, wasAhead, workerMs);
                instance.IsHeldUp = false;
            }

            if (instance.State == InstanceState.Ready)
            {
                served = ServeHead();
                also = ServeHead();   // There is room for two only when more may be sent ahead than before.
            }
            else if (instance.InUse == 0)
            {
                drained = instance.State == InstanceState.Draining;
                discarded = instance.State == InstanceState.Condemned;
                if (discarded)
                {
                    _slots.Remove(instance);
                }
            }

            NoteQuiet();
        }

        served?.Complete();
        also?.Complete();
        if (drained)
        {
            _events.Drained(instance);
        }
        else if (discarded)
        {
            _events.Discarded(instance, instance.CondemnedFor);
            instance.Retire();
        }
    }

    /// <summary>What runs on the instance does not end: nothing is sent ahead to it until it does.</summary>
    public void NoteHeldUp(Instance instance)
    {
        lock (_lock)
        {
            instance.IsHeldUp = true;
        }
    }

    /// <summary>Adds an instance that became ready; the line gets its slots.</summary>
    public void Add(Instance instance)
    {
        List<Waiter> served = [];
        lock (_lock)
        {
            instance.LastReleasedAt = _clock.GetTimestamp();
            _slots.Add(instance);
            _explanation = "";
            ServeLine(served);
        }

        Waiter.Complete(served);
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
            if (!isRefused && instance.State is InstanceState.Ready or InstanceState.Frozen)
            {
                _slots.Withhold(instance, InstanceState.Draining);
            }
        }

        if (isIdle)
        {
            _events.Drained(instance);
        }
        else if (isRefused)
        {
            _events.DrainRefused(instance);
        }
    }

    /// <summary>The controller wants to freeze the instance: no new slot until it is thawed, unless one is in use.</summary>
    public void Freeze(Instance instance)
    {
        bool isAgreed;
        lock (_lock)
        {
            isAgreed = instance is { State: InstanceState.Ready or InstanceState.Frozen, InUse: 0 };
            if (isAgreed)
            {
                _slots.Withhold(instance, InstanceState.Frozen);
            }
        }

        _events.FreezeAnswered(instance, isAgreed);
    }

    /// <summary>The instance is awake again; the line gets its slots.</summary>
    public void Thaw(Instance instance)
    {
        List<Waiter> served = [];
        lock (_lock)
        {
            if (instance.State == InstanceState.Frozen)
            {
                instance.State = InstanceState.Ready;
                instance.LastReleasedAt = _clock.GetTimestamp();
                _slots.Offer(instance);
                ServeLine(served);
            }
        }

        Waiter.Complete(served);
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

            _slots.Withhold(instance, InstanceState.Condemned);
            instance.CondemnedFor = reason;
            if (instance.InUse == 0)
            {
                _slots.Remove(instance);
                discarded = true;
            }

            someoneWaits = _line.Count > 0;
        }

        if (discarded)
        {
            _events.Discarded(instance, reason);
            instance.Retire();
        }

        if (someoneWaits)
        {
            _events.CapacityWanted(this);
        }
    }

    /// <summary>The instance is gone: no new slot from now on, and nothing more is said about it.</summary>
    public void Remove(Instance instance)
    {
        bool someoneWaits;
        lock (_lock)
        {
            _slots.Remove(instance);
            someoneWaits = _line.Count > 0;
        }

        if (someoneWaits)
        {
            _events.CapacityWanted(this);
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
                    successor._lineClock.Set(waiter.Deadline);
                }

                successor.ServeLine(served);
                someoneWaits = successor._line.Count > 0;
            }
        }

        Waiter.Complete(served);
        if (someoneWaits)
        {
            _events.CapacityWanted(successor);
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

        Waiter.Fail(waiters, InvocationError.NotFound, detail);
    }

    /// <summary>No instance could be started. Who waits fails with this, unless there are instances whose slots will free.</summary>
    public void ActivationFailed(InvocationError error, string detail)
    {
        List<Waiter> waiters = [];
        lock (_lock)
        {
            _explanation = $"the last one failed to start: {detail}";
            if (_slots.Instances == 0)
            {
                waiters = _line.TakeAll();
                NoteQuiet();
            }
        }

        Waiter.Fail(waiters, error, detail);
    }

    /// <summary>No instance can be started for now. Who waits goes on waiting, and is told this if it was in vain.</summary>
    public void ActivationHeld(string detail)
    {
        lock (_lock)
        {
            _explanation = detail;
        }
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
            NoteQuiet();
            detail = _explanation.Length > 0
                ? $"no instance became free in time; {_explanation}"
                : $"no instance became free within {waiter.Wish.Route.WaitMax.TotalSeconds:0.###} s";
            return Withdrawal.Done;
        }
    }

    /// <summary>How long what was sent ahead waits at an instance where nothing ends. Without taking the lock.</summary>
    public TimeSpan HeldUpAfter => _demand.HeldUpAfter;

    /// <summary>Whether somebody waits, without taking the lock.</summary>
    public bool HasLine => _line.HasAnybody;

    /// <summary>Numbers for the controller.</summary>
    public GateLoad Load()
    {
        lock (_lock)
        {
            var head = _line.Head;
            var oldest = head is not null ? _clock.GetElapsedTime(head.Wish.JoinedAt) : TimeSpan.Zero;
            var quiet = IsQuiet ? _clock.GetElapsedTime(_demand.QuietSince) : TimeSpan.Zero;
            return new GateLoad(Waiting, _slots.InUse - _slots.Ahead, _slots.Open, _slots.Instances, _demand.RunMs, _demand.Arrivals, _demand.Completed, oldest, quiet)
            {
                Joined = _line.Joined + _slots.SentAhead,
                Ahead = _slots.Ahead,
                IsAtMax = head is not null && _slots.Open >= head.Wish.Route.SlotsMax,
            };
        }
    }

    /// <summary>Numbers of one instance: slots in use, slots taken so far, how long it has been idle, and its state.</summary>
    public InstanceUse UseOf(Instance instance)
    {
        lock (_lock)
        {
            var idle = instance.InUse > 0 ? TimeSpan.Zero : _clock.GetElapsedTime(instance.LastReleasedAt);
            return new InstanceUse(Math.Min(instance.InUse, instance.Slots), instance.Taken, idle, instance.State);
        }
    }

    /// <summary>Looks for a slot and joins the line in one step.</summary>
    private Entry Enter(in SlotWish wish)
    {
        var (route, joinedAt) = (wish.Route, wish.JoinedAt);
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

            if (!wish.IsAgain)
            {
                _demand.Arrived();
            }

            var mayGoAhead = wish.MayGoAhead && _line.Count == 0;
            if (mayGoAhead && _slots.TakePacked(_demand.PackedMax) is { } packed)
            {
                return Ahead(packed);
            }

            if (_slots.Take(wish.MayGoAhead) is { } instance)
            {
                return new Entry(Acquisition.Of(instance, isCold: wish.IsAgain && instance.ReadyAt > joinedAt), null, null);
            }

            if (mayGoAhead && _slots.TakeAhead(_demand.AheadMax) is { } busy)
            {
                return Ahead(busy);
            }

            if (_line.Count >= route.LineLengthMax && !wish.IsAgain)
            {
                return new Entry(_line.Overflow(route, _demand.RunMs, _slots.Open), null, null);
            }

            var waiter = new Waiter(wish, joinedAt + (long)(route.WaitMax.TotalSeconds * _clock.TimestampFrequency)) { Gate = this };
            _line.Join(waiter, atHead: wish.IsAgain);
            _lineClock.Set(waiter.Deadline);
            return new Entry(default, waiter, null) { ShouldAsk = _demand.ShouldAsk(Waiting, _slots.Open, route.SlotsMax) };
        }
    }

    /// <summary>It goes ahead of its turn to this instance.</summary>
    private Entry Ahead(Instance instance) => new(Acquisition.Of(instance, isCold: false), null, null) { ShouldAsk = _demand.ShouldAskAhead(Waiting) };

    /// <summary>Requests that wait: here, and ahead of their turn at instances.</summary>
    private int Waiting => _line.Count + _slots.Ahead;

    private bool IsQuiet => _line.Count == 0 && _slots.InUse == 0;

    private void NoteQuiet()
    {
        if (IsQuiet)
        {
            _demand.Quiet();
        }
    }

    /// <summary>Tells those whose time is over.</summary>
    private void Expire()
    {
        List<Waiter> expired;
        lock (_lock)
        {
            _lineClock.Fired();
            (expired, var next) = _line.ExpiredAt(_clock.GetTimestamp());
            if (next != 0)
            {
                _lineClock.Set(next);
            }
        }

        expired.ForEach(static waiter => waiter.Withdraw(InvocationError.Unavailable));
    }

    /// <summary>Takes the head out of the line with a slot reserved for it; completed by the caller after it has left the lock.</summary>
    private Waiter? ServeHead()
    {
        if (_line.Head is not { } head
            || (_slots.Take(head.Wish.MayGoAhead) ?? (head.Wish.MayGoAhead ? _slots.TakeAhead(_demand.AheadMax) : null)) is not { } instance)
        {
            return null;
        }

        _line.Remove(head);
        head.Served = instance;
        return head;
    }

    private void ServeLine(List<Waiter> served)
    {
        while (ServeHead() is { } waiter)
        {
            served.Add(waiter);
        }
    }
}
