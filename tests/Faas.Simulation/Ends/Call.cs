using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Forwarding;
using Faas.Gateway.Routing;
using Faas.Simulation.Parts;
using Faas.Simulation.Running;

namespace Faas.Simulation.Ends;

/// <summary>
/// One request and its invocation. The order of calls is that of the gateway's Invoker and of its transports: acquire, forward, and - when nothing was sent
/// because the instance could not be reached - condemn, release and acquire again. A small one goes over the instance's shared connection, perhaps ahead of its turn, and may be given back;
/// the others have one of their own, and no message takes time there.
/// </summary>
#pragma warning disable CA1001 // _gone has neither a timer nor a wait handle, so there is nothing to dispose of.
internal sealed class Call(World world, GatewayBoot gateway, string function, CallScript script)
#pragma warning restore CA1001
{
    /// <summary>As the gateway's InstanceLoss: how long a caller whose connection broke waits for the reason.</summary>
    private static readonly TimeSpan ReasonWithin = TimeSpan.FromSeconds(2);

    /// <summary>As the gateway's ExchangeTail: what a function gets to end after it was told to.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _gone = new();
    private TaskCompletionSource<RunEnd>? _run;
    private TaskCompletionSource? _next;
    private bool _hasBegun;

    public string Function => function;

    /// <summary>How it came out; null while it is not over.</summary>
    public InvocationError? Outcome { get; private set; }

    /// <summary>When it came.</summary>
    public TimeSpan CameAt { get; } = world.Time.Now;

    /// <summary>When it got its answer or gave up.</summary>
    public TimeSpan OverAt { get; private set; }

    /// <summary>The gateway it was sent to has ended, and its caller knows no more.</summary>
    public bool IsLost => gateway.IsOver;

    /// <summary>Whether it is done with in every respect: answered, and its slot given back.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Completes <paramref name="next"/> when it is done with.</summary>
    public void WhenSettled(TaskCompletionSource next)
    {
        _next = next;
        if (IsSettled)
        {
            next.TrySetResult();
        }
    }

    /// <summary>The instance it runs on has ended.</summary>
    public void ConnectionBroke() => _run?.TrySetResult(RunEnd.Broken);

    /// <summary>The function begins with it.</summary>
    public void NoteBegun(Sandbox sandbox)
    {
        if (_hasBegun)
        {
            throw new BrokenPromiseException($"a request for {function} had begun, and begins again on {sandbox.Id}");
        }

        _hasBegun = true;
    }

    public async Task RunAsync()
    {
        try
        {
            if (script.GivesUpAfter is { } patience)
            {
                world.Time.After(patience, GiveUp);
            }

            await InvokeAsync();
            IsSettled = true;
            _next?.TrySetResult();
        }
        catch (Exception e)
        {
            world.Fail(e);
        }
    }

    private void GiveUp()
    {
        if (Outcome is null && !gateway.IsOver)
        {
            _gone.Cancel();
        }
    }

    private async Task InvokeAsync()
    {
        if (!gateway.Routes.TryFind(function, out var route))
        {
            End(gateway.Routes.FirstSync.IsCompleted ? InvocationError.NotFound : InvocationError.Unavailable);
            return;
        }

        var gate = route.Gate;
        var receivedAt = world.Time.GetTimestamp();
        for (var again = false; ; again = true)
        {
            var acquiring = gate.AcquireAsync(new SlotWish(route, receivedAt) { IsAgain = again, MayGoAhead = script.IsSmall }, _gone.Token);
            var hasWaited = again || !acquiring.IsCompleted;
            var acquired = await acquiring;
            if (gateway.IsOver)
            {
                return;
            }

            CheckWait(route);
            if (acquired.Instance is not { } instance)
            {
                End(acquired.Error);
                return;
            }

            gateway.Hold(instance);
            if (hasWaited && _gone.IsCancellationRequested)
            {
                Release(instance, null);
                End(InvocationError.CallerGone);
                return;
            }

            var forwarded = await ForwardAsync(instance, route);
            if (forwarded == Forwarded.Done)
            {
                return;
            }

            gate = instance.Gate;
            if (forwarded == Forwarded.Unreachable)
            {
                world.Trace.Note("unreachable", instance.Id);
                gate.Condemn(instance, "it could not be reached on its socket");
            }

            Release(instance, null);
        }
    }

    private Task<Forwarded> ForwardAsync(Instance instance, FunctionRoute route)
    {
        var sandbox = world.Machine.Find(instance.Id);
        if (sandbox is not { State: SandboxState.Running } && world.Machine.WasStopped(instance.Id))
        {
            throw new BrokenPromiseException($"{instance.Id} gets an invocation after it was stopped");
        }

        if (sandbox is { IsFrozen: true })
        {
            throw new BrokenPromiseException($"{instance.Id} gets an invocation while it is frozen");
        }

        return script.IsSmall ? ForwardSmallAsync(instance, route)
            : sandbox is { State: SandboxState.Running } ? ForwardLongAsync(sandbox, instance, route)
            : Task.FromResult(Forwarded.Unreachable);
    }

    private async Task<Forwarded> ForwardSmallAsync(Instance instance, FunctionRoute route)
    {
        if (gateway.LineTo(world, instance)?.Begin(this, script, route.Timeout) is not { } sent)
        {
            return Forwarded.Unreachable;
        }

        SharedOutcome outcome;
        await using (_gone.Token.UnsafeRegister(static state => ((SentCall)state!).Line.Abandon((SentCall)state, SharedOutcome.CallerGone), sent))
        {
            outcome = await sent.Outcome;
        }

        if (gateway.IsOver)
        {
            return Forwarded.Done;
        }

        if (outcome is SharedOutcome.GivenBack or SharedOutcome.Refused)
        {
            return _hasBegun ? throw new BrokenPromiseException($"{instance.Id} gives back a request that had begun")
                : outcome == SharedOutcome.GivenBack ? Forwarded.GivenBack : Forwarded.Unreachable;
        }

        if (outcome is SharedOutcome.TimedOut or SharedOutcome.CallerGone)
        {
            End(outcome == SharedOutcome.TimedOut ? InvocationError.Timeout : InvocationError.CallerGone);
            await sent.Freed;
        }
        else if ((outcome == SharedOutcome.Moved && !await sent.MovedEnd) || (outcome == SharedOutcome.Lost && !script.EndsInNonsense))
        {
            await ReasonAsync(instance);
        }

        if (!gateway.IsOver)
        {
            sent.Line.EndMoved(sent);
            Release(instance, sent.RunMs(world.Time.Now), sent.WasAhead);
            End(outcome == SharedOutcome.Answered || (outcome == SharedOutcome.Moved && sent.MovedEnd.Result) ? InvocationError.None : InvocationError.Crashed);
        }

        return Forwarded.Done;
    }

    private async Task<Forwarded> ForwardLongAsync(Sandbox sandbox, Instance instance, FunctionRoute route)
    {
        var startedAt = world.Time.Now;
        var end = await RunOnAsync(sandbox, instance, route.Timeout);
        if (gateway.IsOver)
        {
            return Forwarded.Done;
        }

        if (end == RunEnd.Broken)
        {
            await ReasonAsync(instance);
        }

        if (!gateway.IsOver)
        {
            sandbox.Running.Remove(this);
            if (end is RunEnd.Hangs or RunEnd.Nonsense)
            {
                instance.Gate.Condemn(instance, "it broke the protocol");
            }

            Release(instance, (world.Time.Now - startedAt).TotalMilliseconds);
            End(end == RunEnd.Done ? InvocationError.None : InvocationError.Crashed);
        }

        return Forwarded.Done;
    }

    /// <summary>The function runs: to its end, past its timeout, until its caller gives up or its instance ends.</summary>
    private async Task<RunEnd> RunOnAsync(Sandbox sandbox, Instance instance, TimeSpan timeout)
    {
        sandbox.Begin(this);
        var run = _run = new TaskCompletionSource<RunEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (script.Runs <= timeout)
        {
            world.Time.After(script.Runs, () => run.TrySetResult(script.EndsInNonsense ? RunEnd.Nonsense : RunEnd.Done));
        }
        else
        {
            world.Time.After(timeout, () => OnTimeout(run));
        }

        // Whoever ends an instance tells the gateway; then what runs on it fails at once.
        await using var gone = instance.Gone.UnsafeRegister(static state => ((TaskCompletionSource<RunEnd>)state!).TrySetResult(RunEnd.Broken), run);
        await using var left = _gone.Token.UnsafeRegister(static state => ((Call)state!).End(InvocationError.CallerGone), this);
        return await run.Task;
    }

    private void OnTimeout(TaskCompletionSource<RunEnd> run)
    {
        if (gateway.IsOver || run.Task.IsCompleted)
        {
            return;
        }

        // The caller has its answer now; the slot is kept until the function has noticed, or is known not to.
        End(InvocationError.Timeout);
        var notices = TimeSpan.FromTicks(script.Runs.Ticks % Grace.Ticks);
        world.Time.After(script.NeverEnds ? Grace : notices, () => run.TrySetResult(script.NeverEnds ? RunEnd.Hangs : RunEnd.Done));
    }

    private async Task ReasonAsync(Instance instance)
    {
        // Not InstanceLoss itself: Task.WaitAsync of a task whose continuations run asynchronously goes on to the thread pool.
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Time.After(ReasonWithin, () => told.TrySetResult());
        await using var gone = instance.Gone.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), told);
        await told.Task;
    }

    private void Release(Instance instance, double? runMs, bool wasAhead = false)
    {
        if (world.Sabotage == Sabotage.KeepSlots && world.Chance.OneIn(10))
        {
            gateway.LetGo(instance);
            return;
        }

        gateway.LetGo(instance);
        instance.Gate.Release(instance, runMs, wasAhead);
    }

    private void CheckWait(FunctionRoute route)
    {
        // Moved to another revision's line it keeps the limit it came with; the timer may be late by one step's time, which is none here.
        if (world.Time.Now - CameAt > route.WaitMax + ReasonWithin && script.GivesUpAfter is null)
        {
            throw new BrokenPromiseException($"a request for {function} waited {(world.Time.Now - CameAt).TotalSeconds:0.###} s, {route.WaitMax.TotalSeconds:0.###} s are the most");
        }
    }

    private void End(InvocationError outcome)
    {
        if (Outcome is null)
        {
            Outcome = outcome;
            OverAt = world.Time.Now;
            world.Trace.Note("answered", function, outcome.ToString());
        }
    }

    private enum RunEnd
    {
        Done,
        Broken,
        Hangs,
        Nonsense,
    }
}

/// <summary>What a call is going to do.</summary>
/// <param name="Runs">How long the function runs.</param>
/// <param name="GivesUpAfter">When its caller goes away; null for never.</param>
/// <param name="NeverEnds">Whether it goes on after its timeout although it is told to stop.</param>
/// <param name="EndsInNonsense">Whether its answer breaks the protocol.</param>
/// <param name="IsSmall">Whether it goes over a shared connection, so that it may be sent ahead.</param>
/// <param name="Moves">Whether its answer is long, so that it moves to a data connection.</param>
internal sealed record CallScript(TimeSpan Runs, TimeSpan? GivesUpAfter = null, bool NeverEnds = false, bool EndsInNonsense = false, bool IsSmall = false, bool Moves = false);
