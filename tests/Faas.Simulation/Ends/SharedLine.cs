using Faas.Gateway.Activation;
using Faas.Gateway.Forwarding;
using Faas.Simulation.Parts;
using Faas.Simulation.Running;

namespace Faas.Simulation.Ends;

/// <summary>
/// A gateway's shared connection to a sandbox, with the steps of the gateway's SharedConnection and its own RunOrder. Order is kept in each direction, messages take a moment, and what a
/// worker has said before it died arrives.
/// </summary>
internal sealed class SharedLine
{
    /// <summary>As SharedConnection's.</summary>
    private static readonly TimeSpan HeldUp = TimeSpan.FromMilliseconds(5);

    /// <summary>As SharedConnection's.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly GatewayBoot _gateway;
    private readonly Instance _instance;
    private readonly Sandbox _sandbox;
    private readonly RunOrder _order;
    private readonly Dictionary<uint, SentCall> _open = [];
    private readonly List<SentCall> _moved = [];
    private TimeSpan _lastToWorker;
    private TimeSpan _lastToGateway;
    private uint _lastStream;
    private long _endsSeen;
    private bool _isHeldUpTimerSet;
    private bool _isShut;

    public SharedLine(World world, GatewayBoot gateway, Instance instance, Sandbox sandbox)
    {
        (_world, _gateway, _instance, _sandbox) = (world, gateway, instance, sandbox);
        _order = new RunOrder(instance.Slots);
        sandbox.Lines.Add(this);
        instance.Gone.UnsafeRegister(static line => ((SharedLine)line!).Shut(), this);
    }

    public bool IsUsable => !IsClosed && !_isShut;

    public bool IsClosed { get; private set; }

    /// <summary>Invocations without an end.</summary>
    public int Open => _open.Count + _moved.Count;

    /// <summary>Of these, those whose turn has not come.</summary>
    public int Held => IsClosed ? 0 : _order.Held;

    /// <summary>Ends of invocations that have run.</summary>
    public long Ends => _order.Ends;

    /// <summary>For the promise that nobody stays at a stuck instance beside a free slot: since when it is so, and what <see cref="Ends"/> was then.</summary>
    public (TimeSpan At, long Ends)? BesideFreeSince { get; set; }

    /// <summary>Null when the connection is about to be closed, so that nothing was sent.</summary>
    public SentCall? Begin(Call call, CallScript script, TimeSpan timeout)
    {
        if (!IsUsable)
        {
            return null;
        }

        var sent = new SentCall(this, call, script, ++_lastStream, timeout);
        _open.Add(sent.Stream, sent);
        if (_order.TryStart(sent.Mark))
        {
            Start(sent);
        }
        else
        {
            HoldBack(sent);
        }

        ToWorker(() => _sandbox.Arrive(sent, isObedient: _world.Sabotage != Sabotage.HoldNothingBack));
        return sent;
    }

    /// <summary>Nobody waits for the answer any more: the worker is told.</summary>
    public void Abandon(SentCall sent, SharedOutcome outcome)
    {
        if (!_gateway.IsOver && sent.TryEnd(outcome) && _open.ContainsKey(sent.Stream))
        {
            ToWorker(() => _sandbox.Cancel(sent));
        }
    }

    /// <summary>An End leaves the worker.</summary>
    public void Send(SentCall sent, SharedOutcome outcome)
    {
        if (!_isShut)
        {
            ToGateway(() =>
            {
                if (outcome == SharedOutcome.Moved)
                {
                    Move(sent);
                }
                else
                {
                    End(sent, outcome);
                }
            });
        }
    }

    /// <summary>The End of a moved call, or the end of its data connection, on which nothing else comes: before or after what is under way here.</summary>
    public void SendMoved(SentCall sent, bool hasEnded)
    {
        _world.Time.After(MessageTime(), () => sent.EndMoved(hasEnded));
        // The worst moment for a worker to die: the next one has begun, and the gateway cannot know.
        if (hasEnded && _world.AreFaultsOn && _world.Plan.CrashMs > 0 && _world.Chance.OneIn(4))
        {
            _world.Time.After(MessageTime(), () =>
            {
                if (_sandbox.State == SandboxState.Running)
                {
                    _world.Crash(_sandbox, _world.Chance);
                }
            });
        }
    }

    /// <summary>The gateway has seen the end of a call, just before it gives back its slot.</summary>
    public void EndMoved(SentCall sent)
    {
        if (_moved.Remove(sent) && !IsClosed)
        {
            Turn(sent);
        }
    }

    /// <summary>The worker dies, or the controller says that it has: what it has said before still counts.</summary>
    public void Shut()
    {
        if (!_isShut)
        {
            _isShut = true;
            ToGateway(() => Close(""));
        }
    }

    private void Start(SentCall sent)
    {
        sent.StartedAt = _world.Time.Now;
        if (sent.Script.Runs > sent.Timeout)
        {
            _world.Time.After(sent.Timeout, () => OnTimeout(sent));
        }
    }

    private void HoldBack(SentCall sent)
    {
        sent.WasAhead = true;
        _world.SentAhead++;
        _world.Trace.Note("sent ahead", _instance.Id);
        if (!_isHeldUpTimerSet)
        {
            _isHeldUpTimerSet = true;
            _endsSeen = _order.Ends;
            _world.Time.After(HeldUp, OnHeldUpTimer);
        }
    }

    private void OnHeldUpTimer()
    {
        _isHeldUpTimerSet = Held > 0 && !_gateway.IsOver;
        if (_isHeldUpTimerSet)
        {
            var isHeldUp = _order.Ends == _endsSeen;
            _endsSeen = _order.Ends;
            _world.Time.After(HeldUp, OnHeldUpTimer);
            if (isHeldUp && _world.Sabotage != Sabotage.NeverRecall)
            {
                Recall();
            }
        }
    }

    private void Recall()
    {
        _world.Trace.Note("held up", _instance.Id);
        _instance.Gate.NoteHeldUp(_instance);
        foreach (var mark in _order.ToRecall())
        {
            mark.IsRecalled = true;
            if (_open.TryGetValue(mark.Stream, out var sent))
            {
                ToWorker(() => _sandbox.Recall(sent));
            }
        }
    }

    private void OnTimeout(SentCall sent)
    {
        if (_gateway.IsOver || !_open.ContainsKey(sent.Stream))
        {
            return;
        }

        // A caller who went away before has decided it; the function goes on to its timeout all the same.
        sent.TryEnd(SharedOutcome.TimedOut);
        ToWorker(() => _sandbox.Cancel(sent, isTimeout: true));
        _world.Time.After(Grace, () => EndLate(sent));
    }

    private void EndLate(SentCall sent)
    {
        if (!_gateway.IsOver && Forget(sent))
        {
            _sandbox.Drop(sent);   // It hangs, so the sandbox may be ended all the same.
            _instance.Gate.Condemn(_instance, "it went on after it was told to stop");
            sent.Free();
        }
    }

    private void End(SentCall sent, SharedOutcome outcome)
    {
        if (!Forget(sent))
        {
            Close("it answered an invocation that is not under way");
            return;
        }

        if (outcome == SharedOutcome.Lost)
        {
            sent.TryEnd(SharedOutcome.Lost);
            sent.Free();
            Close("nonsense");
            return;
        }

        var isGivenBack = outcome == SharedOutcome.Refused && sent.Mark.IsRecalled;
        _world.Recalled += isGivenBack ? 1 : 0;
        sent.TryEnd(isGivenBack ? SharedOutcome.GivenBack : outcome);
        sent.Free();
    }

    private bool Forget(SentCall sent)
    {
        if (!_open.Remove(sent.Stream))
        {
            return false;
        }

        Turn(sent);
        return true;
    }

    private void Turn(SentCall sent)
    {
        sent.EndedAt = _world.Time.Now;
        if (_order.End(sent.Mark) is { } next)
        {
            // Not open when its answer moved before the End came of the one before it, which had moved too.
            Start(_open.GetValueOrDefault(next.Stream) ?? _moved.Find(sent => sent.Mark == next)!);
        }
    }

    private void Move(SentCall sent)
    {
        if (!sent.TryEnd(SharedOutcome.Moved))
        {
            return;   // The two crossed: the worker ends it here.
        }

        _open.Remove(sent.Stream);
        _moved.Add(sent);
        Recall();
        _world.Time.After(MessageTime(), () =>
        {
            if (!_gateway.IsOver && _sandbox.State == SandboxState.Running)
            {
                _sandbox.Take(sent);
            }
            else
            {
                sent.EndMoved(hasEnded: false);
            }
        });
    }

    private void Close(string reason)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        if (_world.Sabotage != Sabotage.TrustTheMoved)
        {
            _moved.ForEach(sent => _order.End(sent.Mark));   // Their Ends come another way, and may be on it still.
        }

        List<SentCall> lost = [.. _open.Values];
        _open.Clear();
        if (reason.Length > 0)
        {
            _instance.Gate.Condemn(_instance, $"it broke the worker protocol: {reason}");
        }

        foreach (var sent in lost)
        {
            _sandbox.Drop(sent);
            var hasNotBegun = (sent.Mark.IsHeld && reason.Length == 0) || _world.Sabotage == Sabotage.GiveBackTheBegun;
            if (sent.TryEnd(hasNotBegun ? SharedOutcome.GivenBack : SharedOutcome.Lost) && hasNotBegun)
            {
                _world.GivenBack++;
                _world.Trace.Note("given back", _instance.Id);
            }

            sent.Free();
        }
    }

    private TimeSpan MessageTime() => _world.Chance.Span(0.005, _world.Plan.MessageMsMax);

    private void ToWorker(Action deliver) => Send(ref _lastToWorker, () =>
    {
        if (!IsClosed && !_gateway.IsOver && _sandbox.State == SandboxState.Running)
        {
            deliver();
        }
    });

    private void ToGateway(Action deliver) => Send(ref _lastToGateway, () =>
    {
        if (!IsClosed && !_gateway.IsOver)
        {
            deliver();
        }
    });

    private void Send(ref TimeSpan last, Action deliver)
    {
        var at = _world.Time.Now + MessageTime();
        last = at > last ? at : last;
        _world.Time.After(last - _world.Time.Now, deliver);
    }
}
