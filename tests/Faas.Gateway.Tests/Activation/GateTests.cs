using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Activation;

public sealed class GateTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordedEvents _events = new();
    private readonly GateTable _gates;
    private readonly Gate _gate;
    private readonly FunctionRoute _route;

    public GateTests()
    {
        _gates = new GateTable(_events, _clock);
        _gate = _gates.GateOf("r1");
        _route = new FunctionRoute(Say.Route(line: 3, wait: TimeSpan.FromSeconds(10)).Route, _gate);
    }

    [Fact]
    public async Task Load_packs_onto_the_instance_that_came_first()
    {
        Add("a", slots: 2);
        Add("b", slots: 2);
        var first = (await Acquire()).Instance!;
        var second = (await Acquire()).Instance!;
        var third = (await Acquire()).Instance!;
        Assert.Equal(["a", "a", "b"], new[] { first.Id, second.Id, third.Id });
        _gate.Release(first, 1);
        Assert.Equal("a", (await Acquire()).Instance!.Id);
    }

    [Fact]
    public async Task Whichever_slot_frees_first_serves_the_head_of_the_line()
    {
        Add("a");
        Add("b");
        await Acquire();
        var onB = (await Acquire()).Instance!;
        var first = Acquire();
        var second = Acquire();
        _gate.Release(onB, 1);
        var served = await first;
        Assert.Equal("b", served.Instance!.Id);
        Assert.False(served.IsCold);
        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Add("c");
        var cold = await second;
        Assert.Equal(("c", true), (cold.Instance!.Id, cold.IsCold));
    }

    [Fact]
    public async Task A_full_line_refuses_at_once()
    {
        var waiting = new[] { Acquire(), Acquire(), Acquire() };
        Assert.Equal(InvocationError.QueueFull, (await Acquire()).Error);
        Assert.All(waiting, waiter => Assert.False(waiter.IsCompleted));
        Assert.Equal(2, _events.Wanted.Count);
    }

    [Fact]
    public async Task Who_is_refused_is_told_when_the_line_will_have_cleared()
    {
        Add("a");
        var running = (await Acquire()).Instance!;
        _gate.Release(running, runMs: 2500);
        await Acquire();
        var waiting = new[] { Acquire(), Acquire(), Acquire() };
        Assert.Equal(8, (await Acquire()).RetryAfterSeconds);   // 3 x 2.5 s on one slot, rounded up
        Assert.All(waiting, waiter => Assert.False(waiter.IsCompleted));
    }

    [Fact]
    public void The_controller_is_asked_when_a_line_begins_and_when_it_has_doubled_and_else_every_ten_milliseconds()
    {
        var route = new FunctionRoute(Say.Route(line: 100).Route, _gate);
        var waiting = Enumerable.Range(0, 7).Select(_ => Acquire(route)).ToList();
        Assert.Equal(3, _events.Wanted.Count);   // at 1, 2 and 4
        waiting.Add(Acquire(route));
        Assert.Equal(4, _events.Wanted.Count);
        waiting.Add(Acquire(route));
        Assert.Equal(4, _events.Wanted.Count);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        waiting.Add(Acquire(route));
        Assert.Equal(5, _events.Wanted.Count);
        Assert.All(waiting, waiter => Assert.False(waiter.IsCompleted));
    }

    [Fact]
    public async Task A_frozen_instance_gets_nothing_until_it_is_thawed_and_then_serves_the_line()
    {
        Add("a");
        var instance = (await Acquire()).Instance!;
        _gate.Freeze(instance);
        Assert.Equal((instance, false), _events.FreezeAnswers.Single());   // it is busy
        _gate.Release(instance, 1);
        _gate.Freeze(instance);
        Assert.Equal((instance, true), _events.FreezeAnswers.Last());

        var waiting = Acquire();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, _gate.Load().Slots);
        _gate.Thaw(instance);
        var served = await waiting;
        Assert.Equal(("a", false), (served.Instance!.Id, served.IsCold));
    }

    [Fact]
    public async Task A_frozen_instance_is_drained_at_once()
    {
        Add("a");
        var instance = (await Acquire()).Instance!;
        _gate.Release(instance, 1);
        _gate.Freeze(instance);
        _gate.Drain(instance, onlyIfIdle: true);
        Assert.Equal(instance, _events.DrainedInstances.Single());
        _gate.Thaw(instance);   // too late
        Assert.Equal(0, _gate.Load().Slots);
    }

    [Fact]
    public async Task Who_waits_in_vain_for_memory_is_told_so()
    {
        var waiting = Acquire();
        _gate.ActivationHeld("all memory is in use");
        Assert.False(waiting.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("all memory is in use", (await waiting).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_ends_at_the_deadline_with_what_is_known()
    {
        var waiting = Acquire();
        _clock.Advance(TimeSpan.FromSeconds(10));
        var result = await waiting;
        Assert.Equal(InvocationError.Unavailable, result.Error);
        Assert.Equal(0, _gate.Load().Waiting);
    }

    [Fact]
    public async Task A_failed_activation_fails_who_waits_unless_an_instance_will_serve_them()
    {
        var waiting = Acquire();
        _gate.ActivationFailed(InvocationError.InitFailed, "no such module");
        Assert.Equal((InvocationError.InitFailed, "no such module"), ((await waiting).Error, (await waiting).Detail));

        Add("a");
        var busy = (await Acquire()).Instance!;
        var patient = Acquire();
        _gate.ActivationFailed(InvocationError.InitFailed, "no such module");
        Assert.False(patient.IsCompleted);
        _gate.Release(busy, 1);
        Assert.Equal("a", (await patient).Instance!.Id);
    }

    [Fact]
    public async Task A_slot_freed_while_its_waiter_cancels_goes_to_the_next_one()
    {
        // Many rounds of a real race between Release and the cancellation of the head.
        for (var round = 0; round < 2000; round++)
        {
            var gate = new Gate("r", _events, _clock);
            var route = new FunctionRoute(Say.Route().Route, gate);
            gate.Add(new Instance("a", gate, 1, default, 0));
            var busy = (await gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None)).Instance!;
            using var cancel = new CancellationTokenSource();
            var head = gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), cancel.Token).AsTask();
            var next = gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None).AsTask();
            var cancelling = Task.Run(cancel.Cancel, TestContext.Current.CancellationToken);
            gate.Release(busy, 1);
            await cancelling;
            var first = await head;
            if (first.Instance is { } instance)
            {
                gate.Release(instance, 1);   // What the invoker does when its caller is gone.
            }

            Assert.NotNull((await next.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken)).Instance);
            Assert.Equal((0, 1), (gate.Load().Waiting, gate.Load().InUse));
        }
    }

    [Fact]
    public async Task A_drain_for_idleness_and_an_invocation_never_both_win()
    {
        for (var round = 0; round < 2000; round++)
        {
            var events = new RecordedEvents();
            var gate = new Gate("r", events, _clock);
            var route = new FunctionRoute(Say.Route().Route, gate);
            var instance = new Instance("a", gate, 1, default, 0);
            gate.Add(instance);
            var acquiring = Task.Run(async () => await gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None), TestContext.Current.CancellationToken);
            var waiting = acquiring;
            gate.Drain(instance, onlyIfIdle: true);
            if (events.Refused.Count == 1)
            {
                Assert.Equal("a", (await waiting).Instance!.Id);
                Assert.Empty(events.DrainedInstances);
            }
            else
            {
                Assert.Single(events.DrainedInstances);
                await GatewayFixture.EventuallyAsync(() => gate.Load().Waiting == 1);
                Assert.False(waiting.IsCompleted);
                gate.Close("over");
                await waiting;
            }
        }
    }

    [Fact]
    public async Task An_instance_that_is_gone_gives_no_slot_and_who_waits_gets_the_next()
    {
        for (var round = 0; round < 2000; round++)
        {
            var gate = new Gate("r", _events, _clock);
            var route = new FunctionRoute(Say.Route().Route, gate);
            var instance = new Instance("a", gate, 1, default, 0);
            gate.Add(instance);
            var acquiring = Task.Run(async () => await gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None), TestContext.Current.CancellationToken);
            gate.Remove(instance);
            gate.Add(new Instance("b", gate, 1, default, 0));
            var got = (await acquiring.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken)).Instance!;
            gate.Release(got, 1);
            Assert.Equal("b", (await gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None)).Instance!.Id);
            Assert.Equal(1, gate.Load().InUse);
        }
    }

    [Fact]
    public async Task A_draining_instance_gets_nothing_more_and_is_drained_with_its_last_slot()
    {
        var instance = Add("a", slots: 2);
        await Acquire();
        await Acquire();
        _gate.Drain(instance, onlyIfIdle: true);
        Assert.Single(_events.Refused);
        _gate.Drain(instance, onlyIfIdle: false);
        _gate.Release(instance, 1);
        var waiting = Acquire();
        Assert.False(waiting.IsCompleted);
        Assert.Empty(_events.DrainedInstances);
        _gate.Release(instance, 1);
        Assert.Equal([instance], _events.DrainedInstances);
        Add("b");
        Assert.Equal("b", (await waiting).Instance!.Id);
    }

    [Fact]
    public async Task Who_waits_moves_to_the_new_revision_in_order_and_keeps_its_deadline()
    {
        var first = Acquire();
        var second = Acquire();
        var next = _gates.GateOf("r2");
        _gate.SupersedeBy(next);
        var late = Acquire();   // It read the old route just before.
        Assert.Equal((0, 3), (_gate.Load().Waiting, next.Load().Waiting));

        next.Add(new Instance("n", next, 1, default, _clock.GetTimestamp() + 1));
        Assert.Equal("n", (await first).Instance!.Id);
        next.Release((await first).Instance!, 1);
        Assert.Equal("n", (await second).Instance!.Id);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(InvocationError.Unavailable, (await late).Error);
    }

    [Fact]
    public async Task Going_back_to_an_earlier_revision_moves_who_waits_back()
    {
        var next = _gates.GateOf("r2");
        _gate.SupersedeBy(next);
        var waiting = Acquire();
        next.SupersedeBy(_gate);
        Add("a");
        Assert.Equal("a", (await waiting).Instance!.Id);
    }

    [Fact]
    public async Task Deleting_the_function_ends_the_waiting_and_leaves_what_runs()
    {
        var instance = Add("a");
        await Acquire();
        var waiting = Acquire();
        _gate.Close("deleted");
        Assert.Equal((InvocationError.NotFound, "deleted"), ((await waiting).Error, (await waiting).Detail));
        Assert.Equal(InvocationError.NotFound, (await Acquire()).Error);
        Assert.Equal(1, _gate.Load().InUse);
        _gate.Release(instance, 1);
    }

    [Fact]
    public async Task A_request_whose_instance_was_dead_goes_to_the_head_of_the_line()
    {
        var instance = Add("a");
        await Acquire();
        var other = Acquire();
        _gate.Condemn(instance, "dead");
        _gate.Release(instance, null);
        Assert.Equal([("a", "dead")], _events.DiscardedInstances);
        var again = _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()) { IsAgain = true }, CancellationToken.None).AsTask();
        Add("b");
        Assert.Equal("b", (await again).Instance!.Id);
        Assert.False(other.IsCompleted);
    }

    private Task<Acquisition> Acquire(FunctionRoute route) => _gate.AcquireAsync(new SlotWish(route, _clock.GetTimestamp()), CancellationToken.None).AsTask();

    private Task<Acquisition> Acquire() => _gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()), CancellationToken.None).AsTask();

    private Instance Add(string id, int slots = 1)
    {
        var instance = new Instance(id, _gate, slots, default, _clock.GetTimestamp());
        _gate.Add(instance);
        return instance;
    }
}
